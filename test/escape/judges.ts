import { expect } from 'vitest'
import type { CodeEnd, SessionEnd } from '../../src/ports/sandbox.ts'
import type { Judge } from './attempt.ts'

/** Everything that was attempted was refused, and the session lives on. */
export const refused: Judge = ({ logs, end, answersAfter }) => {
  const lines = logs.trimEnd().split('\n')
  expect(lines.filter((line) => !line.startsWith('refused '))).toEqual([])
  expect(lines[0]).toMatch(/^refused /)
  expect(end).toBe('completed')
  expect(answersAfter).toBe(true)
}

/** As `refused`, but for these, which it may have. */
export function refusedBut(...names: readonly string[]): Judge {
  return (outcome) => {
    const lines = outcome.logs.split('\n').filter((line) => !names.some((name) => line.startsWith(`DONE ${name} `)))
    refused({ ...outcome, logs: lines.join('\n') })
  }
}

/** It printed this, and nothing else. */
export function prints(text: string): Judge {
  return ({ logs, end }) => {
    expect(logs).toBe(`${text}\n`)
    expect(end).toBe('completed')
  }
}

/** It ended in one of these ways; a session that is over ended in one of those. */
export function ends(ways: readonly CodeEnd[], sessionEnds: readonly SessionEnd[] = []): Judge {
  return ({ end, ended }) => {
    expect(ways).toContain(end)
    if (end === 'session') expect(sessionEnds).toContain(ended)
  }
}

export function all(...judges: readonly Judge[]): Judge {
  return (outcome) => {
    for (const judge of judges) judge(outcome)
  }
}

/** The session is as good as before. */
export const sessionLives: Judge = ({ answersAfter, ended }) => {
  expect({ answersAfter, ended }).toEqual({ answersAfter: true, ended: undefined })
}

/**
 * It may have whatever it got: what it got is its own. That nothing of the host was reached or harmed, and that the
 * server answers, is looked at after every attempt.
 */
export const harmless: Judge = ({ end }) => {
  expect(['completed', 'raised', 'timeout', 'output', 'session']).toContain(end)
}

/** It was stopped at the limit of time, or killed soon after. */
export const stoppedInTime: Judge = ({ limits, end, ended, seconds }) => {
  expect(end === 'session' ? ended : end).toMatch(/^(timeout|unresponsive)$/)
  expect(seconds).toBeLessThan(limits.seconds + 8)
}

/** A number that it printed after `word` is not above `most`, or it never came to print it. */
export function atMost(word: string, most: (limits: Parameters<Judge>[0]['limits']) => number): Judge {
  return ({ logs, limits, end }) => {
    const [, figure] = new RegExp(`^${word} (\\d+)`, 'm').exec(logs) ?? []
    if (figure === undefined) expect(end).not.toBe('completed')
    else expect(Number(figure)).toBeLessThanOrEqual(most(limits))
  }
}

/** All that the session held in memory stayed near its limits; a kernel of its own may have its share. */
export const memoryHeld: Judge = ({ limits, peakMegabytes }) => {
  expect(peakMegabytes).toBeLessThan(limits.memoryMegabytes + limits.diskMegabytes + 256 + 32)
}
