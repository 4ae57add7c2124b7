import type { Bucket } from '../../lib/blobs-place.ts'

/** What the names of objects are added to; it ends in a slash. */
export function bucketUrl({ bucket, endpoint, region, style }: Bucket): URL {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  if (style === 'virtual') url.host = `${bucket}.${url.host}`
  else url.pathname = `/${bucket}/`
  return url
}
