import { type Dispatcher, errors } from 'undici'
import { elementOf } from './xml.ts'

/** Who was asked, for sentences. */
export interface Service {
  readonly host: string
  readonly bucket: string
  readonly region: string
}

/** The code of an answer that gives none, as that to `HEAD`. */
export const untold = 'without a reason'

/** What went wrong between us and the service, and what its operator can do, in one line. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure'
  /** The service's own word, such as `NoSuchBucket`; `Unreachable` when it did not answer. */
  readonly code: string
  /** Of the answer; null when there was none. */
  readonly status: number | null
  /** Whether the same request may succeed a moment later. */
  readonly retryable: boolean

  constructor(message: string, { code, status, retryable, cause }: FailureParts) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.status = status
    this.retryable = retryable
  }
}

type FailureParts = Pick<S3Failure, 'code' | 'status' | 'retryable'> & { cause?: unknown }

/** For an error of the connection, before the answer or in the middle of it. */
export function unreachable({ host }: Service, cause: unknown): S3Failure {
  const isSilent = cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError
  const trouble = isSilent ? 'fell silent' : `cannot be reached (${reasonOf(cause)})`
  const advice = 'check that it runs, and that the endpoint in REPRISE_BLOBS is right.'
  return new S3Failure(`The S3 service at ${host} ${trouble}: ${advice}`, {
    code: 'Unreachable',
    status: null,
    retryable: true,
    cause,
  })
}

/** For an answer other than success; `body` is its XML, which an answer to `HEAD` has not. */
export function refused(
  service: Service,
  { statusCode: status, headers }: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>,
  body: string,
): S3Failure {
  const code = elementOf(body, 'Code') ?? wordFor(status)
  const region = headers['x-amz-bucket-region'] ?? elementOf(body, 'Region')
  const said = elementOf(body, 'Message')
  const sentence =
    sentenceFor(code, service, typeof region === 'string' ? region : undefined) ??
    `The S3 service at ${service.host} answered ${status} ${code}${said === undefined ? '' : `: ${said}`}`
  return new S3Failure(sentence, { code, status, retryable: passing.has(code) || passingStatuses.has(status) })
}

/** For an answer of success that is none of S3's. */
export function strange({ host }: Service): S3Failure {
  const message = `What answers at ${host} is no S3 service: correct the endpoint in REPRISE_BLOBS.`
  return new S3Failure(message, { code: untold, status: 200, retryable: false })
}

const passing = new Set([
  'InternalError',
  'SlowDown',
  'ServiceUnavailable',
  'RequestTimeout',
  'ConditionalRequestConflict',
])
const passingStatuses = new Set([429, 500, 502, 503, 504])

/** What the code would be, where there is no body to say it. */
function wordFor(status: number): string {
  switch (status) {
    case 301:
    case 307:
      return 'PermanentRedirect'
    case 403:
      return 'AccessDenied'
    default:
      return untold
  }
}

function sentenceFor(code: string, { host, bucket, region }: Service, actual: string | undefined) {
  const who = `The S3 service at ${host}`
  switch (code) {
    case 'NoSuchBucket':
      return `${who} has no bucket ${bucket}: create it, or correct REPRISE_BLOBS.`
    case 'AccessDenied':
    case 'AllAccessDisabled':
      return `${who} refuses access to the bucket ${bucket}: its keys need s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload.`
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
      return `${who} does not accept the keys: correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`
    case 'ExpiredToken':
    case 'InvalidToken':
      return `${who} does not accept AWS_SESSION_TOKEN any more: start again with new keys.`
    case 'RequestTimeTooSkewed':
      return `${who} has another time than this machine: set the clock.`
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return actual === undefined
        ? undefined
        : `${who} has the bucket ${bucket} in another region than ${region}: say region=${actual} in REPRISE_BLOBS.`
    default:
      return undefined
  }
}

/** `ECONNREFUSED`, or whatever the library calls it; its message would repeat addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
