import { describe, expect, test } from 'vitest'
import { encodeProgram, operation } from './bpf.ts'
import { seccompProgram, verdict } from './seccomp.ts'
import { absentCalls, auditArchitecture, examinedCalls, forbiddenCalls, newestCall, numberOf } from './system-calls.ts'

interface Call {
  readonly architecture: number
  readonly number: number
  readonly arguments?: readonly bigint[]
}

/** What the kernel would answer: an interpreter of classic BPF over `struct seccomp_data`. */
function verdictOf(program: Buffer, call: Call): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.number >>> 0, 0)
  data.writeUInt32LE(call.architecture, 4)
  call.arguments?.forEach((argument, place) => void data.writeBigUInt64LE(argument, 16 + place * 8))
  let loaded = 0
  for (let at = 0; at < program.length; at += 8) {
    const operand = program.readUInt32LE(at + 4)
    const jump = (holds: boolean) => program.readUInt8(at + (holds ? 2 : 3)) * 8
    switch (program.readUInt16LE(at)) {
      case operation.loadWord:
        loaded = data.readUInt32LE(operand)
        break
      case operation.jumpEqual:
        at += jump(loaded === operand)
        break
      case operation.jumpGreater:
        at += jump(loaded > operand)
        break
      case operation.jumpAnyBit:
        at += jump((loaded & operand) !== 0)
        break
      case operation.answer:
        return operand
      default:
        throw new Error(`No such operation at ${at}`)
    }
  }
  throw new Error('The program has no end')
}

describe.each(['x64', 'arm64'] as const)('the filter for %s', (name) => {
  const program = seccompProgram(name)
  const architecture = auditArchitecture[name]
  const ask = (number: number | null, ...args: bigint[]) =>
    verdictOf(program, { architecture, number: number ?? -1, arguments: args })
  const askExamined = (call: keyof typeof examinedCalls, ...args: bigint[]) =>
    ask(numberOf(examinedCalls[call], name), ...args)

  test('has a size that the kernel takes, and every jump of it lands inside', () => {
    expect(program.length % 8).toBe(0)
    expect(program.length / 8).toBeLessThan(4096) // BPF_MAXINSNS
    for (let at = 0; at < program.length; at += 8) {
      if (program.readUInt16LE(at) === operation.answer) continue
      const farthest = Math.max(program.readUInt8(at + 2), program.readUInt8(at + 3))
      expect(at + 8 + farthest * 8).toBeLessThan(program.length)
    }
  })

  test.each(Object.entries(forbiddenCalls))('forbids %s', (_, call) => {
    const number = numberOf(call, name)
    if (number !== null) expect(ask(number)).toBe(verdict.notPermitted)
  })

  test.each(Object.entries(absentCalls))('knows no %s', (_, call) => {
    expect(ask(numberOf(call, name))).toBe(verdict.noSuchCall)
  })

  test('knows no call that is newer than itself', () => {
    expect(ask(newestCall)).toBe(verdict.allow)
    expect(ask(newestCall + 1)).toBe(verdict.noSuchCall)
    expect(ask(0x3fffffff)).toBe(verdict.noSuchCall)
  })

  test('kills calls of other architectures, and of x32', () => {
    const others = [0x40000003, 0x40000028, auditArchitecture[name === 'x64' ? 'arm64' : 'x64']]
    for (const other of others) expect(verdictOf(program, { architecture: other, number: 1 })).toBe(verdict.kill)
    expect(ask(0x40000000)).toBe(verdict.kill)
    expect(ask(0x40000000 | 41)).toBe(verdict.kill)
    expect(ask(-1)).toBe(verdict.kill)
  })

  test.each(['socket', 'socketpair'] as const)('lets %s make local sockets only', (call) => {
    expect(askExamined(call, 1n)).toBe(verdict.allow)
    for (const family of [0n, 2n, 10n, 16n, 17n, 38n, 40n]) {
      expect(askExamined(call, family)).toBe(verdict.noSuchFamily)
    }
    expect(askExamined(call, 0x1_0000_0002n)).toBe(verdict.noSuchFamily)
  })

  test('lets clone make threads and processes, but no namespaces', () => {
    const thread = 0x3d0f00n
    expect(askExamined('clone', thread)).toBe(verdict.allow)
    expect(askExamined('clone', 0x1200011n)).toBe(verdict.allow) // as fork does
    for (const flag of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
      expect(askExamined('clone', flag)).toBe(verdict.notPermitted)
      expect(askExamined('clone', thread | flag)).toBe(verdict.notPermitted)
    }
  })

  test('leaves the personality as it is', () => {
    expect(askExamined('personality', 0n)).toBe(verdict.allow)
    expect(askExamined('personality', 0xffffffffn)).toBe(verdict.allow)
    expect(askExamined('personality', 0x40000n)).toBe(verdict.notPermitted)
  })

  test('lets nobody type into a terminal', () => {
    expect(askExamined('ioctl', 1n, 0x5401n)).toBe(verdict.allow)
    expect(askExamined('ioctl', 1n, 0x5412n)).toBe(verdict.notPermitted)
    expect(askExamined('ioctl', 1n, 0x541cn)).toBe(verdict.notPermitted)
    expect(askExamined('ioctl', 1n, 0xf0000000_00005412n)).toBe(verdict.notPermitted) // the kernel looks at the low half
  })

  test('allows what ordinary code needs', () => {
    const ordinary =
      name === 'x64' ? [0, 1, 2, 3, 9, 12, 56, 57, 59, 202, 231, 257, 318] : [56, 57, 63, 64, 98, 214, 220, 221]
    for (const number of ordinary) expect(ask(number)).toBe(verdict.allow)
  })
})

test('numbers are not used twice, but for calls that one architecture lacks', () => {
  const all = Object.values({ ...forbiddenCalls, ...absentCalls, ...examinedCalls })
  for (const name of ['x64', 'arm64'] as const) {
    const numbers = all.map((call) => numberOf(call, name)).filter((number) => number !== null)
    expect(new Set(numbers).size).toBe(numbers.length)
  }
})

test('an instruction is laid out as struct sock_filter', () => {
  const bytes = encodeProgram([{ code: 0x15, jumpTrue: 1, jumpFalse: 2, operand: 0x80000001 }])
  expect([...bytes]).toEqual([0x15, 0, 1, 2, 1, 0, 0, 0x80])
})
