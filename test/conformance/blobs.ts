import { createHash, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { BlobMissing, type Blobs, BlobTooLarge } from '../../src/ports/blobs.ts'

/** What every adapter of the `Blobs` port must do. `open` makes an empty one; disposing of it takes its files along. */
export function describeBlobs(name: string, open: () => Promise<{ blobs: Blobs } & AsyncDisposable>): void {
  describe(`blobs on ${name}`, () => {
    const maxBytes = 1_000_000

    test('gives back the bytes that were written, with their size and MD5', async () => {
      await using opened = await open()
      const bytes = randomBytes(300_001)
      const written = await opened.blobs.write('file-aaaa', inChunks(bytes, 7000), { maxBytes })
      expect(written).toEqual({ bytes: 300_001, md5: createHash('md5').update(bytes).digest('hex') })
      expect(await allOf(opened.blobs, 'file-aaaa')).toEqual(bytes)
    })

    test('keeps an empty blob', async () => {
      await using opened = await open()
      const written = await opened.blobs.write('file-aaaa', inChunks(Buffer.alloc(0), 1), { maxBytes })
      expect(written).toEqual({ bytes: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e' })
      expect(await allOf(opened.blobs, 'file-aaaa')).toEqual(Buffer.alloc(0))
    })

    test('takes exactly as many bytes as allowed and not one more', async () => {
      await using opened = await open()
      await opened.blobs.write('file-fits', inChunks(Buffer.alloc(10), 3), { maxBytes: 10 })
      const tooMany = opened.blobs.write('file-more', inChunks(Buffer.alloc(11), 3), { maxBytes: 10 })
      await expect(tooMany).rejects.toThrow(BlobTooLarge)
      await expect(opened.blobs.read('file-more')).rejects.toThrow(BlobMissing)
    })

    test.each([4, 20_000_000])(
      'stores nothing when %i bytes break off, and the id can be used again',
      async (bytes) => {
        await using opened = await open()
        const half = opened.blobs.write('file-aaaa', brokenOff(bytes), { maxBytes: 2 * bytes })
        await expect(half).rejects.toThrow('broken off')
        await expect(opened.blobs.read('file-aaaa')).rejects.toThrow(BlobMissing)
        await opened.blobs.write('file-aaaa', inChunks(Buffer.from('whole'), 2), { maxBytes })
        expect(await allOf(opened.blobs, 'file-aaaa')).toEqual(Buffer.from('whole'))
      },
    )

    test('replaces nothing', async () => {
      await using opened = await open()
      await opened.blobs.write('file-aaaa', inChunks(Buffer.from('first'), 5), { maxBytes })
      const second = opened.blobs.write('file-aaaa', inChunks(Buffer.from('second'), 5), { maxBytes })
      await expect(second).rejects.toThrow()
      expect(await allOf(opened.blobs, 'file-aaaa')).toEqual(Buffer.from('first'))
    })

    test('writes many at the same time', async () => {
      await using opened = await open()
      const contents = Array.from({ length: 20 }, () => randomBytes(10_000))
      await Promise.all(
        contents.map((bytes, index) => opened.blobs.write(`part_${1000 + index}`, inChunks(bytes, 999), { maxBytes })),
      )
      for (const [index, bytes] of contents.entries()) {
        expect(await allOf(opened.blobs, `part_${1000 + index}`)).toEqual(bytes)
      }
    })

    test('tells a blob of many megabytes that is too large from one that fits', async () => {
      await using opened = await open()
      const bytes = randomBytes(17_000_001)
      const tooMany = opened.blobs.write('file-more', inChunks(bytes, 1_000_000), { maxBytes: 17_000_000 })
      await expect(tooMany).rejects.toThrow(BlobTooLarge)
      await expect(opened.blobs.read('file-more')).rejects.toThrow(BlobMissing)
      await opened.blobs.write('file-fits', inChunks(bytes, 1_000_000), { maxBytes: 17_000_001 })
      expect((await allOf(opened.blobs, 'file-fits')).equals(bytes)).toBe(true)
    })

    test('lets go of the bytes that it could not store', async () => {
      await using opened = await open()
      let wasLeft = false
      async function* source() {
        try {
          for (;;) yield Buffer.alloc(1000)
        } finally {
          wasLeft = true
        }
      }
      await expect(opened.blobs.write('file-aaaa', source(), { maxBytes: 5000 })).rejects.toThrow(BlobTooLarge)
      expect(wasLeft).toBe(true)
    })

    test('holds a part of a large blob in memory, as it is written and as it is read', {
      timeout: 60_000,
    }, async () => {
      await using opened = await open()
      const memory = createMemoryWatch()
      const pieces = 120
      async function* source() {
        for (let piece = 0; piece < pieces; piece++) {
          yield Buffer.alloc(1_000_000, piece)
          if (piece % 15 === 14) memory.look()
        }
      }
      await opened.blobs.write('file-aaaa', source(), { maxBytes: 512 * 1024 ** 2 })
      const md5 = createHash('md5')
      let bytes = 0
      for await (const chunk of await opened.blobs.read('file-aaaa')) {
        if (Math.floor(bytes / 15_000_000) < Math.floor((bytes + chunk.byteLength) / 15_000_000)) memory.look()
        bytes += chunk.byteLength
        md5.update(chunk)
      }
      const expected = createHash('md5')
      for (let piece = 0; piece < pieces; piece++) expected.update(Buffer.alloc(1_000_000, piece))
      expect(md5.digest('hex')).toBe(expected.digest('hex'))
      expect(memory.most()).toBeLessThan(80_000_000)
    })

    test('serves many readers of one blob, at their own pace', async () => {
      await using opened = await open()
      const bytes = randomBytes(3_000_000)
      await opened.blobs.write('file-aaaa', inChunks(bytes, 100_000), { maxBytes: bytes.length })
      const slow = (await opened.blobs.read('file-aaaa')).getReader()
      await slow.read()
      const whole = await Promise.all(Array.from({ length: 5 }, () => allOf(opened.blobs, 'file-aaaa')))
      expect(whole.every((read) => read.equals(bytes))).toBe(true)
      await slow.cancel()
    })

    test('removes a blob, and quietly what is not there', async () => {
      await using opened = await open()
      await opened.blobs.write('file-aaaa', inChunks(Buffer.from('bytes'), 5), { maxBytes })
      await opened.blobs.remove('file-aaaa')
      await expect(opened.blobs.read('file-aaaa')).rejects.toThrow(BlobMissing)
      await opened.blobs.remove('file-aaaa')
    })

    test('holds nothing open for who does not read', async () => {
      await using opened = await open()
      await opened.blobs.write('file-aaaa', inChunks(Buffer.from('bytes'), 5), { maxBytes })
      const unread = await opened.blobs.read('file-aaaa')
      await opened.blobs.remove('file-aaaa')
      await expect(unread.getReader().read()).rejects.toThrow(BlobMissing)
    })

    test('a reader may leave early', async () => {
      await using opened = await open()
      const bytes = randomBytes(500_000)
      await opened.blobs.write('file-aaaa', inChunks(bytes, 50_000), { maxBytes })
      const reader = (await opened.blobs.read('file-aaaa')).getReader()
      expect((await reader.read()).value?.byteLength).toBeGreaterThan(0)
      await reader.cancel()
      expect(await allOf(opened.blobs, 'file-aaaa')).toEqual(bytes)
    })
  })
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function* brokenOff(bytes: number): AsyncGenerator<Uint8Array> {
  yield* inChunks(Buffer.alloc(bytes), 1_000_000)
  throw new Error('broken off')
}

async function allOf(blobs: Blobs, id: string): Promise<Buffer> {
  return Buffer.from(await new Response(await blobs.read(id)).arrayBuffer())
}

/** Watches how many bytes the buffers of this process take beyond those of now, garbage left out. */
function createMemoryWatch() {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  return {
    look() {
      collect()
      collect() // the first leaves freeing to the background
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    },
    most: () => most,
  }
}
