import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureS3 } from '../../scripts/ensure-s3.ts'
import { openBlobs } from '../../src/adapters/blobs/open-blobs.ts'
import { openS3Blobs } from '../../src/adapters/blobs/s3.ts'
import { readConfig } from '../../src/config.ts'
import type { Bucket } from '../../src/lib/blobs-place.ts'
import type { Log } from '../../src/lib/log.ts'
import { BlobMissing, type Blobs } from '../../src/ports/blobs.ts'
import { type Meddling, startMeddlingProxy } from '../support/meddling-proxy.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'
import { describeBlobs } from './blobs.ts'

const s3 = await ensureS3()
const maxBytes = 512 * 1024 ** 2
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} }

describe.skipIf('missing' in s3)('with an S3 service', () => {
  let server: S3Server
  beforeAll(async () => {
    if (!('missing' in s3)) server = await startS3Server(s3)
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  describeBlobs('S3', async () => {
    const { blobs: place } = readConfig(server.environment(await server.makeBucket()))
    const blobs = await openBlobs(place, { log: quiet })
    return { blobs, [Symbol.asyncDispose]: () => blobs[Symbol.asyncDispose]() }
  })

  describe('the bucket', () => {
    test('has each blob under the prefix and its id, and nothing else', async () => {
      const bucket = await server.makeBucket()
      await using blobs = await openS3Blobs({ ...bucket, prefix: 'a/b.c/' }, { log: quiet })
      await using others = await openS3Blobs({ ...bucket, prefix: 'z/' }, { log: quiet })
      await blobs.write('file-small', megabytes(0.1), { maxBytes })
      await blobs.write('file-large', megabytes(17), { maxBytes })
      expect(await server.contents(bucket.bucket)).toEqual({
        objects: ['a/b.c/file-large', 'a/b.c/file-small'],
        unfinished: [],
      })
      await expect(others.read('file-small')).rejects.toThrow(BlobMissing)
    })

    test.each([1, 20])('has nothing of a write that failed after %i MB', async (count) => {
      const bucket = await server.makeBucket()
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      await expect(blobs.write('file-aaaa', megabytes(count), { maxBytes: count * 1000 ** 2 - 1 })).rejects.toThrow()
      expect(await server.contents(bucket.bucket)).toEqual({ objects: [], unfinished: [] })
    })

    test('keeps what it has when more than one part comes under the same id', async () => {
      const bucket = await server.makeBucket()
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      await blobs.write('file-aaaa', megabytes(1), { maxBytes })
      await expect(blobs.write('file-aaaa', megabytes(17), { maxBytes })).rejects.toThrow(
        'there is a blob file-aaaa already',
      )
      expect(await sizeOf(blobs, 'file-aaaa')).toBe(1_000_000)
      expect((await server.contents(bucket.bucket)).unfinished).toEqual([])
    })
  })

  describe('a service that is disturbed', () => {
    const small = /^PUT .*file-aaaa$/
    const disturbances: [string, RegExp, Meddling, number][] = [
      ['has no time for an object', small, 'refuse', 1],
      ['takes an object and does not say so', small, 'lose', 1],
      ['has no time for a part', /^PUT .*partNumber=2/, 'refuse', 20],
      ['takes a part and does not say so', /^PUT .*partNumber=1/, 'lose', 20],
      ['joins the parts and does not say so', /^POST .*uploadId=/, 'lose', 20],
      ['has no time for a reader', /^GET .*file-aaaa$/, 'refuse', 1],
      ['loses the answer to a reader', /^GET .*file-aaaa$/, 'lose', 1],
    ]
    test.each(disturbances)('%s: nothing is lost', async (_, pattern, meddling, count) => {
      const { bucket, proxy } = await disturbed(pattern, [meddling])
      await using _closing = proxy
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      expect((await blobs.write('file-aaaa', megabytes(count), { maxBytes })).bytes).toBe(count * 1_000_000)
      expect(await sizeOf(blobs, 'file-aaaa')).toBe(count * 1_000_000)
      expect(await server.contents(bucket.bucket)).toEqual({ objects: ['file-aaaa'], unfinished: [] })
    })

    test('that stays overloaded is given up, and says so', async () => {
      const { bucket, proxy } = await disturbed(small, Array(20).fill('refuse'))
      await using _closing = proxy
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      await expect(blobs.write('file-aaaa', megabytes(1), { maxBytes })).rejects.toThrow('answered 503 SlowDown')
    })

    test('that refuses a part while the source is slow fails when the source goes on', async () => {
      const { bucket, proxy, waiting } = await disturbed(/^PUT .*partNumber=1/, Array(20).fill('refuse'))
      await using _closing = proxy
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      async function* source() {
        yield* megabytes(9)
        await waiting(5)
        for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
        yield* megabytes(9)
      }
      await expect(blobs.write('file-aaaa', source(), { maxBytes })).rejects.toThrow('answered 503 SlowDown')
      expect(await server.contents(bucket.bucket)).toEqual({ objects: [], unfinished: [] })
    })

    test('that takes no part gets no more than a few, and the source is not read ahead', async () => {
      const { bucket, proxy, waiting } = await disturbed(/^PUT .*partNumber=/, Array(20).fill('hang'))
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      let produced = 0
      async function* source() {
        for await (const chunk of megabytes(100)) {
          produced += chunk.byteLength
          yield chunk
        }
      }
      const write = blobs.write('file-aaaa', source(), { maxBytes })
      const failing = expect(write).rejects.toThrow()
      await waiting(2)
      await new Promise(setImmediate)
      expect(produced).toBeLessThan(3 * 8 * 1024 ** 2)
      await proxy[Symbol.asyncDispose]()
      await failing
    })

    /** A bucket behind a proxy that deals with requests like `pattern` by these plans, one after the other. */
    async function disturbed(pattern: RegExp, plans: Meddling[]) {
      const left = [...plans]
      const met = Promise.withResolvers<void>()
      let wanted = Number.POSITIVE_INFINITY
      const proxy = await startMeddlingProxy(server.endpoint, ({ method, url }) => {
        if (!pattern.test(`${method} ${url}`)) return 'pass'
        const plan = left.shift() ?? 'pass'
        if (plans.length - left.length >= wanted) met.resolve()
        return plan
      })
      async function waiting(count: number) {
        wanted = count
        if (plans.length - left.length >= count) return
        await met.promise
      }
      return { bucket: { ...(await server.makeBucket()), endpoint: proxy.endpoint }, proxy, waiting }
    }
  })

  describe('a service that ends', () => {
    test('while it is read from and written to, fails both, and names itself', async () => {
      if ('missing' in s3) throw new Error('skipped')
      await using mortal = await startS3Server(s3)
      const warnings: object[] = []
      await using blobs = await openS3Blobs(await mortal.makeBucket(), {
        log: { ...quiet, warn: (fields) => warnings.push(fields) },
      })
      await blobs.write('file-aaaa', megabytes(20), { maxBytes })
      const reader = (await blobs.read('file-aaaa')).getReader()
      await reader.read()
      async function* source() {
        yield* megabytes(20)
        await mortal.kill()
        yield* megabytes(20)
      }
      await expect(blobs.write('file-bbbb', source(), { maxBytes })).rejects.toThrow('cannot be reached')
      await expect(restOf(reader)).rejects.toThrow(
        `The S3 service at ${new URL(mortal.endpoint).host} cannot be reached`,
      )
      expect(warnings).toMatchObject([{ key: 'file-bbbb' }])
    })

    async function restOf(reader: ReadableStreamDefaultReader<Uint8Array>) {
      while (!(await reader.read()).done);
    }
  })

  describe('a bucket that cannot be used', () => {
    const wrong: [string, (bucket: Bucket) => Partial<Bucket>, string][] = [
      ['is not there', () => ({ bucket: 'absent' }), 'has no bucket absent: create it, or correct REPRISE_BLOBS.'],
      [
        'does not know the secret',
        ({ keys }) => ({ keys: { ...keys, secretAccessKey: 'wrong' } }),
        'does not accept the keys: correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      ],
      [
        'is in another region',
        () => ({ region: 'eu-west-3' }),
        'in another region than eu-west-3: say region=us-east-1 in REPRISE_BLOBS.',
      ],
      [
        'has nobody listening',
        () => ({ endpoint: 'http://127.0.0.1:1' }),
        'The S3 service at 127.0.0.1:1 cannot be reached (ECONNREFUSED): check that it runs, and that the endpoint in REPRISE_BLOBS is right.',
      ],
    ]
    test.each(wrong)('because it %s stops the opening', async (_, change, message) => {
      const bucket = await server.makeBucket()
      await expect(openS3Blobs({ ...bucket, ...change(bucket) }, { log: quiet })).rejects.toThrow(message)
    })

    test('because what answers there is something else stops the opening', async () => {
      const bucket = await server.makeBucket()
      const website = createServer((_, response) => response.end('<html>Welcome</html>')).listen(0, '127.0.0.1')
      await once(website, 'listening')
      const endpoint = `http://127.0.0.1:${(website.address() as AddressInfo).port}`
      await expect(openS3Blobs({ ...bucket, endpoint }, { log: quiet })).rejects.toThrow('is no S3 service')
      website.close()
    })

    test('any more is not taken for a missing blob', async () => {
      const bucket = await server.makeBucket()
      await using blobs = await openS3Blobs(bucket, { log: quiet })
      await server.removeBucket(bucket.bucket)
      const message = `has no bucket ${bucket.bucket}`
      await expect(blobs.read('file-aaaa')).rejects.toThrow(message)
      await expect(blobs.write('file-aaaa', megabytes(1), { maxBytes })).rejects.toThrow(message)
      await expect(blobs.remove('file-aaaa')).rejects.toThrow(message)
    })
  })

  test.each(['../up', 'a/b', '..', 'file-?x=1', ''])('never makes a name of %j', async (id) => {
    await using blobs = await openS3Blobs(await server.makeBucket(), { log: quiet })
    await expect(blobs.read(id)).rejects.toThrow('not the id of a blob')
    await expect(blobs.write(id, megabytes(1), { maxBytes })).rejects.toThrow('not the id of a blob')
    await expect(blobs.remove(id)).rejects.toThrow('not the id of a blob')
  })
})

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  const tenth = randomBytes(100_000)
  for (let index = 0; index < count * 10; index++) yield tenth
}

async function sizeOf(blobs: Blobs, id: string): Promise<number> {
  return (await new Response(await blobs.read(id)).arrayBuffer()).byteLength
}
