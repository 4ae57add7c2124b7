import { styleText } from 'node:util'
import type { Config } from '../config.ts'
import type { Server } from '../server.ts'

export interface BannerParts {
  version: string
  config: Config
  /** The server's own: `http://host:port`. */
  url: string
  upstream: Server['upstream']
  search: Server['search']
  /** Whether to colour it. */
  colour: boolean
}

/** What `reprise serve` prints once it listens. */
export function banner({ version, config, url, upstream, search, colour }: BannerParts): string {
  const bold = painter('bold', colour)
  const base = `${reachable(url)}/v1`
  const others = base.startsWith(url) ? '' : ", and this machine's other addresses: whoever reaches them may use it"
  return `
${bold(`Reprise ${version} is ready.`)}

  Base URL  ${bold(base)}${others}
  Model     ${answering(upstream)}
  Search    ${search.label}
  Data      ${config.dataDir}
${upstream.kind === 'scripted' ? scriptedWarning(config, colour) : ''}
Give a program that base URL and any key:

  OPENAI_BASE_URL=${base} OPENAI_API_KEY=any node your-program.js

or make an assistant by hand:

  curl ${base}/assistants -H 'Authorization: Bearer any' -H 'Content-Type: application/json' \\
    -d '{"model": "${takesAnyModel(upstream) ? 'gpt-4o' : 'ONE-OF-YOUR-MODELS'}", "instructions": "Be brief."}'

`
}

function answering({ label, mapped }: BannerParts['upstream']): string {
  return mapped.length === 0 ? label : `${mapped.join(', ')} by the models file; ${label}`
}

/** An address to type for a server that listens on all of them. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

function scriptedWarning({ scriptFile }: Config, colour: boolean): string {
  const lines =
    scriptFile === undefined
      ? [
          'NO LANGUAGE MODEL IS CONNECTED: replies come from a built-in script.',
          'Set REPRISE_UPSTREAM_URL to an OpenAI-compatible API (its /v1), or OPENAI_API_KEY.',
        ]
      : ['REPLIES ARE SCRIPTED, no language model is asked. The script:', scriptFile]
  const width = Math.max(...lines.map((line) => line.length))
  const box = lines.map((line) => `  !! ${line.padEnd(width)} !!`).join('\n')
  return `\n${painter('yellow', colour)(box)}\n`
}

function takesAnyModel({ kind }: BannerParts['upstream']): boolean {
  return kind === 'scripted' || kind === 'openai'
}

function painter(format: 'bold' | 'yellow', colour: boolean): (text: string) => string {
  return (text) => (colour ? styleText(format, text, { validateStream: false }) : text)
}
