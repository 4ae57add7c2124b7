import type { CodeLine } from './driver-lines.ts'

const mostImages = 20
const largestImage = 10 * 1024 * 1024
const allImages = 32 * 1024 * 1024

/** What one call may show. The driver keeps to it, so whoever does not is no driver: throws then. */
export function createCallAllowance(outputBytes: number): (line: CodeLine) => void {
  let text = 0
  let full = false
  let images = 0
  let imageBytes = 0
  let thisImage = 0

  return (line) => {
    if (line.say === 'text') text += Buffer.byteLength(line.text)
    if (line.say === 'full') {
      if (full) throw new Error('Said already')
      full = true
    }
    if (line.say === 'image') {
      const bytes = Buffer.byteLength(line.data, 'base64')
      if (bytes === 0) throw new Error('An empty piece of an image')
      imageBytes += bytes
      thisImage = line.last ? 0 : thisImage + bytes
      images += line.last ? 1 : 0
    }
    if (text > outputBytes) throw new Error('More text than a call may print')
    if (images > mostImages || imageBytes > allImages || thisImage > largestImage) throw new Error('Too many images')
  }
}
