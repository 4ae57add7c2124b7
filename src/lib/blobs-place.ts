/** Where the contents of files are kept: what `REPRISE_BLOBS` says. */
export type BlobsPlace = DiskPlace | BucketPlace

export interface DiskPlace {
  readonly kind: 'disk'
  readonly folder: string
}

/** A bucket of a service that speaks S3. */
export interface BucketPlace {
  readonly kind: 's3'
  readonly bucket: string
  /** Origin of the service, for any but Amazon's own. */
  readonly endpoint: string | undefined
  readonly region: string | undefined
  /** Goes before the name of every object: empty, or it ends in a slash. */
  readonly prefix: string
  /** Whether the bucket is named by the path or by the host name of a request. */
  readonly style: 'path' | 'virtual'
}

/** A bucket with all that it takes to use it. */
export interface Bucket extends BucketPlace {
  readonly region: string
  readonly keys: S3Keys
}

/** What requests are signed with. */
export interface S3Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Goes with keys that are lent for a while. */
  readonly sessionToken: string | undefined
}

/**
 * Reads `disk:PATH`, or `s3://BUCKET` with any of `endpoint`, `region`, `prefix` and `style` as its query. Null for
 * anything else: a password in it, a parameter that does not exist or comes twice.
 */
export function parseBlobsPlace(text: string): BlobsPlace | null {
  const [, folder] = /^disk:(?:\/\/(?=\/))?(.+)$/.exec(text) ?? []
  if (folder !== undefined) return { kind: 'disk', folder }
  const [, bucket, query] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?(?:\?(.*))?$/.exec(text) ?? []
  return bucket === undefined ? null : bucketPlace(bucket, new URLSearchParams(query))
}

const known = ['endpoint', 'region', 'prefix', 'style']

function bucketPlace(bucket: string, query: URLSearchParams): BucketPlace | null {
  const names = [...query.keys()]
  if (names.some((name) => !known.includes(name)) || new Set(names).size < names.length) return null
  const given = query.get('endpoint')
  const endpoint = given === null ? undefined : originOf(given)
  const region = query.get('region') ?? undefined
  const prefix = query.get('prefix')?.replace(/\/*$/, '/') ?? ''
  // The certificate for `*.s3.amazonaws.com` does not cover a bucket with dots in its name.
  const style = query.get('style') ?? (endpoint === undefined && !bucket.includes('.') ? 'virtual' : 'path')
  if (endpoint === null || !isRegion(region) || !isPrefix(prefix) || !isStyle(style)) return null
  return { kind: 's3', bucket, endpoint, region, prefix, style }
}

function originOf(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null
  return url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : null
}

function isRegion(region: string | undefined): boolean {
  return region === undefined || /^[\w-]+$/.test(region)
}

/** Characters that mean the same in a path, in a signature and in a listing. */
function isPrefix(prefix: string): boolean {
  return /^([\w.-]+\/)*$/.test(prefix) && !/(^|\/)\.\.?\//.test(prefix)
}

function isStyle(style: string): style is BucketPlace['style'] {
  return style === 'path' || style === 'virtual'
}
