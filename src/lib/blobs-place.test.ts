import { expect, test } from 'vitest'
import { type BucketPlace, parseBlobsPlace } from './blobs-place.ts'

test.each([
  ['disk:files', 'files'],
  ['disk:/srv/files', '/srv/files'],
  ['disk:///srv/files', '/srv/files'],
])('%s is a folder', (text, folder) => {
  expect(parseBlobsPlace(text)).toEqual({ kind: 'disk', folder })
})

const plain: BucketPlace = {
  kind: 's3',
  bucket: 'files',
  endpoint: undefined,
  region: undefined,
  prefix: '',
  style: 'virtual',
}
const buckets: [string, Partial<BucketPlace>][] = [
  ['s3://files', {}],
  ['s3://files/', {}],
  ['s3://files?region=eu-west-3&prefix=reprise/blobs', { region: 'eu-west-3', prefix: 'reprise/blobs/' }],
  ['s3://files?endpoint=http://127.0.0.1:9000', { endpoint: 'http://127.0.0.1:9000', style: 'path' }],
  ['s3://files?endpoint=https%3A%2F%2Fs3.test%2F', { endpoint: 'https://s3.test', style: 'path' }],
  ['s3://files?endpoint=https://s3.test&style=virtual', { endpoint: 'https://s3.test' }],
  ['s3://files.example.test', { bucket: 'files.example.test', style: 'path' }],
]
test.each(buckets)('%s is a bucket', (text, change) => {
  expect(parseBlobsPlace(text)).toEqual({ ...plain, ...change })
})

test.each([
  'disk:',
  '/srv/files',
  's3://',
  's3://Files',
  's3://me:secret@files',
  's3://files/folder',
  's3://files?endpoint=127.0.0.1:9000',
  's3://files?endpoint=http://me:secret@127.0.0.1:9000',
  's3://files?endpoint=http://127.0.0.1:9000/files',
  's3://files?prefix=../up',
  's3://files?prefix=a//b',
  's3://files?prefix=a%3Fb',
  's3://files?style=other',
  's3://files?endpiont=http://127.0.0.1:9000',
  's3://files?region=a&region=b',
])('%s is neither', (text) => {
  expect(parseBlobsPlace(text)).toBeNull()
})
