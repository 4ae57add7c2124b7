import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { type BannerParts, banner } from './banner.ts'
import type { EndpointFinding } from './checks/check-endpoint.ts'

const parts: BannerParts = {
  version: '1.2.3',
  config: readConfig({ REPRISE_DATA_DIR: '/srv/data' }),
  url: 'http://127.0.0.1:4141',
  upstream: {
    kind: 'ollama',
    label: 'Ollama at http://127.0.0.1:11434/v1',
    url: 'http://127.0.0.1:11434/v1',
    mapped: [],
  },
  search: { kind: 'keyword', label: 'by keywords alone' },
  code: { label: 'off: no sandbox found; `reprise setup sandbox` tells what to install' },
  look: null,
  colour: false,
}

function look(message: string, offered: string[]): EndpointFinding {
  return { check: 'Model', ok: offered.length > 0, message, advice: offered.length > 0 ? null : 'Start it.', offered }
}

test('says where it listens, which model answers and where the data are', () => {
  const text = banner(parts)
  expect(text).toMatch(/Base URL +http:\/\/127\.0\.0\.1:4141\/v1\n/)
  expect(text).toMatch(/Model +Ollama at http:\/\/127\.0\.0\.1:11434\/v1\n/)
  expect(text).toMatch(/Search +by keywords alone\n/)
  expect(text).toMatch(/Code +off: no sandbox found; `reprise setup sandbox` tells what to install\n/)
  expect(text).toMatch(/Data +\/srv\/data\n/)
  expect(text).not.toContain('!!')
})

test('says loudly that there is no model, and what to do', () => {
  const text = banner({ ...parts, upstream: { kind: 'scripted', label: 'the scripted model', url: null, mapped: [] } })
  expect(text).toContain('NO LANGUAGE MODEL IS CONNECTED')
  expect(text).toContain('REPRISE_UPSTREAM_URL')
})

test('names the models that a models file maps', () => {
  const upstream = { kind: 'mapped', label: 'no upstream for other models', url: null, mapped: ['gpt-4o', 'o3*'] }
  expect(banner({ ...parts, upstream })).toMatch(
    /Model +gpt-4o, o3\* by the models file; no upstream for other models\n/,
  )
})

test('shows what the upstream offers, and puts one of its models into what is to be pasted', () => {
  const text = banner({
    ...parts,
    look: look('Ollama offers nomic-embed-text, qwen3:8b', ['nomic-embed-text', 'qwen3:8b']),
  })
  expect(text).toMatch(/Model +Ollama offers nomic-embed-text, qwen3:8b\n/)
  expect(text).toContain('"model": "qwen3:8b"')
  expect(text).not.toContain('!!')
})

test('what is to be pasted has the usual name where it is known, and else one that has to be replaced', () => {
  const mapped = { ...parts.upstream, mapped: ['small', 'gpt-4o', 'o3*'] }
  expect(banner({ ...parts, upstream: mapped })).toContain('"model": "gpt-4o"')
  expect(banner({ ...parts, upstream: { ...mapped, mapped: ['o3*'] } })).toContain('"model": "ONE-OF-YOUR-MODELS"')
})

test('says loudly that the upstream cannot be used, and what to do', () => {
  const text = banner({ ...parts, look: look('Ollama cannot be reached (ECONNREFUSED)', []) })
  expect(text).toContain('!! RUNS MAY FAIL: Ollama cannot be reached (ECONNREFUSED).\n  !! Start it.\n')
})

test('fits a narrow terminal', () => {
  const upstream = { kind: 'scripted', label: 'the scripted model', url: null, mapped: [] }
  for (const line of banner({ ...parts, upstream }).split('\n')) expect(line.length).toBeLessThanOrEqual(83)
})

test('names the script', () => {
  const config = readConfig({ REPRISE_SCRIPT: '/srv/script.yaml' })
  const text = banner({
    ...parts,
    config,
    upstream: { kind: 'scripted', label: 'the scripted model', url: null, mapped: [] },
  })
  expect(text).toMatch(/REPLIES ARE SCRIPTED.*\n.*\/srv\/script\.yaml/)
})

test('gives an address that can be typed where it listens on all of them', () => {
  const text = banner({ ...parts, url: 'http://0.0.0.0:80' })
  expect(text).toContain("http://127.0.0.1:80/v1, and this machine's other addresses")
  expect(banner({ ...parts, url: 'http://[::]:80' })).toContain('http://[::1]:80/v1,')
})

test('colours change nothing but the colours', () => {
  expect(stripVTControlCharacters(banner({ ...parts, colour: true }))).toBe(banner(parts))
})
