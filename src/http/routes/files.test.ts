import { describe, expect, test } from 'vitest'
import { createFakeApp } from '../../../test/support/fake-app.ts'
import type { FileUpload } from '../../resources/files.ts'

/** An app that reads a whole upload and tells what it got. */
function uploading() {
  async function create(_project: string, { filename, data, settings }: FileUpload) {
    const chunks: Uint8Array[] = []
    for await (const chunk of data) chunks.push(chunk)
    return JSON.stringify({ filename, text: Buffer.concat(chunks).toString(), ...(await settings()) })
  }
  return createFakeApp({ services: { files: { create } } })
}

/** A form in the given order; a `File` is a file. */
function formOf(...entries: [string, string | File][]): FormData {
  const form = new FormData()
  for (const [name, value] of entries) form.append(name, value)
  return form
}

const file = new File(['hello'], '你好.txt')

describe('POST /files', () => {
  test.each([
    ['before', formOf(['purpose', 'assistants'], ['file', file])],
    ['after', formOf(['file', file], ['purpose', 'assistants'])],
  ])('the purpose may come %s the file', async (_, body) => {
    const response = await uploading().app.request('/v1/files', { method: 'POST', body })
    expect(await response.json()).toEqual({
      filename: '你好.txt',
      text: 'hello',
      purpose: 'assistants',
      expires_after: null,
    })
  })

  test('the file may expire', async () => {
    const body = formOf(
      ['expires_after[anchor]', 'created_at'],
      ['file', file],
      ['purpose', 'user_data'],
      ['expires_after[seconds]', '3600'],
    )
    const response = await uploading().app.request('/v1/files', { method: 'POST', body })
    expect(await response.json()).toMatchObject({ expires_after: { anchor: 'created_at', seconds: 3600 } })
  })

  test('the name stays as it was sent, folders and all', async () => {
    const body = formOf(['purpose', 'vision'], ['file', new File([''], 'C:\\secret\\plan.txt')])
    const response = await uploading().app.request('/v1/files', { method: 'POST', body })
    expect(await response.json()).toMatchObject({ filename: 'C:\\secret\\plan.txt' })
  })

  const wrongPurpose =
    "'world_domination' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - 'purpose'"
  const shortLife =
    "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 3600, but got 60 instead."
  test.each([
    ['a wrong purpose in front', formOf(['purpose', 'world_domination'], ['file', file]), wrongPurpose, 'purpose'],
    ['a wrong purpose behind', formOf(['file', file], ['purpose', 'world_domination']), wrongPurpose, 'purpose'],
    ['no purpose', formOf(['file', file]), "Missing required parameter: 'purpose'.", 'purpose'],
    ['no file', formOf(['purpose', 'assistants']), "Missing required parameter: 'file'.", 'file'],
    [
      'a file without a name',
      formOf(['purpose', 'batch'], ['file', 'x']),
      "Missing required parameter: 'file'.",
      'file',
    ],
    [
      'a short life',
      formOf(
        ['purpose', 'batch'],
        ['expires_after[anchor]', 'created_at'],
        ['expires_after[seconds]', '60'],
        ['file', file],
      ),
      shortLife,
      'expires_after.seconds',
    ],
  ])('%s is a 400', async (_, body, message, param) => {
    const response = await uploading().app.request('/v1/files', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message, param }, detail: { message } })
  })

  test('JSON is a 415', async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await uploading().app.request('/v1/files', { method: 'POST', headers, body: '{}' })
    expect(response.status).toBe(415)
  })

  test('no content type at all is a 415 that says which', async () => {
    const response = await uploading().app.request('/v1/files', { method: 'POST' })
    expect(response.status).toBe(415)
    const message = expect.stringMatching(
      /^Missing content type\. .* the header 'Content-Type: multipart\/form-data'\.$/,
    )
    expect(await response.json()).toMatchObject({ error: { message, code: 'unsupported_content_type' } })
  })

  test('a form without a boundary is a 400', async () => {
    const headers = { 'content-type': 'multipart/form-data' }
    const response = await uploading().app.request('/v1/files', { method: 'POST', headers, body: '--x--' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/names no boundary\.$/) } })
  })
})

describe('POST /uploads/{upload_id}/parts', () => {
  const app = () =>
    createFakeApp({
      services: {
        uploads: {
          async addPart(_project, upload_id, data) {
            const chunks: Uint8Array[] = []
            for await (const chunk of data) chunks.push(chunk)
            return JSON.stringify({ upload_id, text: Buffer.concat(chunks).toString() })
          },
        },
      },
    }).app

  test.each([new File(['part'], 'blob'), 'part'])('%o', async (data) => {
    const response = await app().request('/v1/uploads/upload_1/parts', { method: 'POST', body: formOf(['data', data]) })
    expect(await response.json()).toEqual({ upload_id: 'upload_1', text: 'part' })
  })

  test('no data is a 400', async () => {
    const response = await app().request('/v1/uploads/upload_1/parts', { method: 'POST', body: formOf(['file', file]) })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'missing_required_parameter', param: 'data' } })
  })
})

test('GET /files/{file_id}/content', async () => {
  const content = async () => ({ filename: '你好.txt', bytes: 5, data: new Blob(['hello']).stream() })
  const { app } = createFakeApp({ services: { files: { content } } })
  const response = await app.request('/v1/files/file-1/content')
  expect(await response.text()).toBe('hello')
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '5',
    'content-disposition': `attachment; filename="__.txt"; filename*=UTF-8''%E4%BD%A0%E5%A5%BD.txt`,
    'x-request-id': expect.stringMatching(/^req_/),
  })
})
