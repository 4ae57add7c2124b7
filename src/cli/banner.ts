import { styleText } from 'node:util'
import type { Config } from '../config.ts'
import type { Server } from '../server.ts'
import type { EndpointFinding } from './checks/check-endpoint.ts'

export interface BannerParts {
  version: string
  config: Config
  /** The server's own: `http://host:port`. */
  url: string
  upstream: Server['upstream']
  search: Server['search']
  code: Server['code']
  /** What the upstream said of itself; null when there is none to ask. */
  look: EndpointFinding | null
  /** Whether to colour it. */
  colour: boolean
}

/** What `reprise serve` prints once it listens. */
export function banner({ version, config, url, upstream, search, code, look, colour }: BannerParts): string {
  const bold = painter('bold', colour)
  const base = `${reachable(url)}/v1`
  const others = base.startsWith(url) ? '' : ", and this machine's other addresses: whoever reaches them may use it"
  return `
${bold(`Reprise ${version} is ready.`)}

  Base URL  ${bold(base)}${others}
  Model     ${answering(upstream, look)}
  Search    ${search.label}
  Code      ${code.label}
  Data      ${config.dataDir}
${painter('yellow', colour)(warning(upstream, config, look))}
Give a program that base URL and any key:

  OPENAI_BASE_URL=${base} OPENAI_API_KEY=any node your-program.js

or make an assistant by hand:

  curl ${base}/assistants \\
    -H 'Content-Type: application/json' \\
    -d '{"model": "${exampleModel(upstream, look)}", "instructions": "Be brief."}'

`
}

function answering({ label, mapped }: BannerParts['upstream'], look: BannerParts['look']): string {
  const rest = look?.ok ? look.message : label
  return mapped.length === 0 ? rest : `${mapped.join(', ')} by the models file; ${rest}`
}

/** An address to type for a server that listens on all of them. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

/** What must not be overlooked, as a paragraph; empty when there is nothing. */
function warning({ kind }: BannerParts['upstream'], { scriptFile }: Config, look: BannerParts['look']): string {
  if (look && !look.ok) return loud(`RUNS MAY FAIL: ${look.message}.`, look.advice ?? '')
  if (kind !== 'scripted') return ''
  if (scriptFile !== undefined) return loud('REPLIES ARE SCRIPTED, no language model is asked. The script:', scriptFile)
  return loud(
    'NO LANGUAGE MODEL IS CONNECTED: replies come from a built-in script.',
    'Set OPENAI_API_KEY, or REPRISE_UPSTREAM_URL to any OpenAI-compatible /v1.',
  )
}

function loud(...lines: string[]): string {
  return `\n${lines.map((line) => `  !! ${line}\n`).join('')}`
}

/** A name that a run can use, as far as we know. */
function exampleModel({ kind, mapped }: BannerParts['upstream'], look: BannerParts['look']): string {
  const names = [...mapped.filter((name) => !name.includes('*')), ...(look?.offered ?? [])]
  const takesUsual = kind === 'scripted' || kind === 'openai' || names.includes('gpt-4o')
  return takesUsual ? 'gpt-4o' : (names.find((name) => !/embed/i.test(name)) ?? 'ONE-OF-YOUR-MODELS')
}

function painter(format: 'bold' | 'yellow', colour: boolean): (text: string) => string {
  return (text) => (colour && text !== '' ? styleText(format, text, { validateStream: false }) : text)
}
