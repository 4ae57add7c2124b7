import { createHash, randomBytes } from 'node:crypto'
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

    test('stores nothing when the bytes break off, and the id can be used again', async () => {
      await using opened = await open()
      await expect(opened.blobs.write('file-aaaa', brokenOff(), { maxBytes })).rejects.toThrow('broken off')
      await expect(opened.blobs.read('file-aaaa')).rejects.toThrow(BlobMissing)
      await opened.blobs.write('file-aaaa', inChunks(Buffer.from('whole'), 2), { maxBytes })
      expect(await allOf(opened.blobs, 'file-aaaa')).toEqual(Buffer.from('whole'))
    })

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

async function* brokenOff(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half')
  throw new Error('broken off')
}

async function allOf(blobs: Blobs, id: string): Promise<Buffer> {
  return Buffer.from(await new Response(await blobs.read(id)).arrayBuffer())
}
