import { answer, encodeProgram, type Instruction, load, unless, when } from './bpf.ts'
import {
  type Architecture,
  absentCalls,
  auditArchitecture,
  examinedCalls,
  forbiddenCalls,
  newestCall,
  numberOf,
} from './system-calls.ts'

/** What the filter answers; numbers from `linux/seccomp.h` and `asm-generic/errno.h`. */
export const verdict = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  notPermitted: 0x00050000 | 1, // EPERM
  noSuchCall: 0x00050000 | 38, // ENOSYS
  noSuchFamily: 0x00050000 | 97, // EAFNOSUPPORT
} as const

/** Offsets in `struct seccomp_data`. Of an argument we look at the low half: that is all these calls look at. */
const data = { call: 0, architecture: 4, firstArgument: 16, secondArgument: 24 }

/**
 * A seccomp filter for code that nobody has read, as bytes of classic BPF: what it forbids, what it says is not there
 * and what it kills is in `system-calls.ts`. One for each architecture; it kills what comes in the name of another.
 */
export function seccompProgram(architecture: Architecture): Buffer {
  return encodeProgram([
    load(data.architecture),
    ...unless('jumpEqual', auditArchitecture[architecture], [answer(verdict.kill)]),
    load(data.call),
    ...when('jumpAnyBit', x32Bit, [answer(verdict.kill)]),
    ...when('jumpGreater', newestCall, [answer(verdict.noSuchCall)]),
    ...refuse(Object.values(forbiddenCalls), verdict.notPermitted, architecture),
    ...refuse(Object.values(absentCalls), verdict.noSuchCall, architecture),
    ...examine(architecture),
    answer(verdict.allow),
  ])
}

/** Calls of the x32 ABI say that they are of x86-64, and carry this bit; on arm64 no number has it. */
const x32Bit = 0x40000000

type Numbers = Parameters<typeof numberOf>[0]

function refuse(calls: readonly Numbers[], answered: number, architecture: Architecture): Instruction[] {
  const numbers = calls.map((call) => numberOf(call, architecture)).filter((number) => number !== null)
  return numbers.flatMap((number) => when('jumpEqual', number, [answer(answered)]))
}

function examine(architecture: Architecture): Instruction[] {
  const { socket, socketpair, clone, personality, ioctl } = examinedCalls
  const cases: [Numbers, Instruction[]][] = [
    [socket, localSocketsOnly],
    [socketpair, localSocketsOnly],
    [clone, noNamespaces],
    [personality, plainPersonality],
    [ioctl, noTerminalTricks],
  ]
  return cases.flatMap(([call, then]) => when('jumpEqual', numberOf(call, architecture) ?? -1, then))
}

const unixFamily = 1

const localSocketsOnly = [
  load(data.firstArgument),
  ...unless('jumpEqual', unixFamily, [answer(verdict.noSuchFamily)]),
  answer(verdict.allow),
]

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const namespaceFlags = 0x7e020000

const noNamespaces = [
  load(data.firstArgument),
  ...when('jumpAnyBit', namespaceFlags, [answer(verdict.notPermitted)]),
  answer(verdict.allow),
]

/** Linux as it is, or the question what it is (all bits set). */
const plainPersonality = [
  load(data.firstArgument),
  ...when('jumpEqual', 0, [answer(verdict.allow)]),
  ...when('jumpEqual', 0xffffffff, [answer(verdict.allow)]),
  answer(verdict.notPermitted),
]

/** TIOCSTI and TIOCLINUX, which type into a terminal as if its user did. */
const noTerminalTricks = [
  load(data.secondArgument),
  ...when('jumpEqual', 0x5412, [answer(verdict.notPermitted)]),
  ...when('jumpEqual', 0x541c, [answer(verdict.notPermitted)]),
  answer(verdict.allow),
]
