import { answer, encodeProgram, load, unless, when } from './bpf.ts'
import { verdict } from './seccomp.ts'
import { type Architecture, numberOf } from './system-calls.ts'

/**
 * What a session without namespaces may not do on top: it shares the host's sockets, queues and watches, and whoever
 * asks that it dies with its parent must be obeyed. Local sockets can still be had in pairs.
 */
export function landlockSeccompProgram(architecture: Architecture): Buffer {
  const of = (call: keyof typeof calls) => numberOf(calls[call], architecture) ?? -1
  return encodeProgram([
    load(data.call),
    ...when('jumpEqual', of('socket'), [answer(verdict.noSuchFamily)]),
    ...when('jumpEqual', of('mq_open'), [answer(verdict.noSuchCall)]),
    ...when('jumpEqual', of('inotify_init1'), [answer(verdict.noSuchCall)]),
    ...when('jumpEqual', of('inotify_init'), [answer(verdict.noSuchCall)]),
    ...when('jumpEqual', of('prctl'), [
      load(data.firstArgument),
      ...unless('jumpEqual', setParentDeathSignal, [answer(verdict.allow)]),
      answer(verdict.notPermitted),
    ]),
    answer(verdict.allow),
  ])
}

/** Offsets in `struct seccomp_data`. */
const data = { call: 0, firstArgument: 16 }

/** PR_SET_PDEATHSIG. */
const setParentDeathSignal = 1

const calls = {
  socket: [41, 198],
  mq_open: [240, 180],
  inotify_init1: [294, 26],
  inotify_init: [253, null],
  prctl: [157, 167],
} as const
