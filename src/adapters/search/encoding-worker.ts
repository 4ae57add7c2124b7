import { parentPort } from 'node:worker_threads'
import type { Segment } from '../../ports/search.ts'
import { encodeSegment } from './encode-segment.ts'

// A thread that makes the bytes of segments: finding the terms of a large file takes seconds.
parentPort?.on('message', (segment: Segment) => {
  const bytes = encodeSegment(segment)
  const buffers = [bytes.texts, bytes.postings, bytes.vectors].flatMap((part) => (part ? [part.buffer] : []))
  parentPort?.postMessage(bytes, buffers as ArrayBuffer[])
})
