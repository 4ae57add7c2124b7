import { expect, test } from 'vitest'
import type { Bucket } from '../../lib/blobs-place.ts'
import { bucketUrl } from './bucket-url.ts'

const keys = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: undefined }
const files: Bucket = {
  kind: 's3',
  bucket: 'files',
  endpoint: undefined,
  region: 'eu-west-3',
  prefix: '',
  style: 'virtual',
  keys,
}

const urls: [Partial<Bucket>, string][] = [
  [{}, 'https://files.s3.eu-west-3.amazonaws.com/'],
  [{ style: 'path' }, 'https://s3.eu-west-3.amazonaws.com/files/'],
  [{ style: 'path', endpoint: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000/files/'],
  [{ endpoint: 'https://s3.test:8443' }, 'https://files.s3.test:8443/'],
]
test.each(urls)('%j is at %s', (change, url) => {
  expect(bucketUrl({ ...files, ...change }).href).toBe(url)
})
