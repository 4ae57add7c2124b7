/** One instruction of classic BPF, as seccomp knows it: an operation, how far to jump, and an operand. */
export interface Instruction {
  readonly code: number
  readonly jumpTrue: number
  readonly jumpFalse: number
  readonly operand: number
}

/** The operations we use; numbers from `linux/bpf_common.h`. */
export const operation = {
  loadWord: 0x20, // BPF_LD | BPF_W | BPF_ABS
  jumpEqual: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  jumpGreater: 0x25, // BPF_JMP | BPF_JGT | BPF_K
  jumpAnyBit: 0x45, // BPF_JMP | BPF_JSET | BPF_K
  answer: 0x06, // BPF_RET | BPF_K
} as const

/** Loads four bytes of `struct seccomp_data`. */
export function load(offset: number): Instruction {
  return { code: operation.loadWord, jumpTrue: 0, jumpFalse: 0, operand: offset }
}

export function answer(verdict: number): Instruction {
  return { code: operation.answer, jumpTrue: 0, jumpFalse: 0, operand: verdict }
}

type Test = 'jumpEqual' | 'jumpGreater' | 'jumpAnyBit'

/** The instructions that follow are for the case that the test holds; otherwise they are jumped over. */
export function when(test: Test, operand: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: operation[test], jumpTrue: 0, jumpFalse: reach(then), operand }, ...then]
}

/** The other way round: they are jumped over when the test holds. */
export function unless(test: Test, operand: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: operation[test], jumpTrue: reach(then), jumpFalse: 0, operand }, ...then]
}

function reach(instructions: readonly Instruction[]): number {
  if (instructions.length > 255) throw new RangeError('A jump of BPF reaches over 255 instructions at most')
  return instructions.length
}

/** As the kernel reads it on x86-64 and arm64: an array of `struct sock_filter`, little-endian. */
export function encodeProgram(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8)
  instructions.forEach(({ code, jumpTrue, jumpFalse, operand }, place) => {
    bytes.writeUInt16LE(code, place * 8)
    bytes.writeUInt8(jumpTrue, place * 8 + 2)
    bytes.writeUInt8(jumpFalse, place * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, place * 8 + 4)
  })
  return bytes
}
