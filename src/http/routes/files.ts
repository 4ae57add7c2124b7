import { z } from '@hono/zod-openapi'
import { file, fileExpiresAfter, fileListQuery, uploadPurposes } from '../../api/file.ts'
import { deletedObject, listOf } from '../../api/list.ts'
import type { FileContent } from '../../resources/files.ts'
import { attachmentNamed } from '../content-disposition.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import { fileUpload, maxFileBytes } from '../file-form.ts'
import { LightResponse } from '../light-response.ts'
import { readForm } from '../multipart.ts'
import type { Services } from '../services.ts'

const binary = z.string().openapi({ format: 'binary' })

const createFileForm = z
  .object({ file: binary, purpose: z.enum(uploadPurposes), expires_after: fileExpiresAfter.optional() })
  .openapi('CreateFileRequest')

export function fileRoutes({ files }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createFile',
      method: 'post',
      path: '/files',
      tag: 'Files',
      summary: 'Upload a file.',
      rawBody: { contentType: 'multipart/form-data', schema: createFileForm },
      response: file,
      handle: ({ project, request }) =>
        readForm(request, maxFileBytes, async (parts) => files.create(project, await fileUpload(parts))),
    }),
    endpoint({
      operationId: 'listFiles',
      method: 'get',
      path: '/files',
      tag: 'Files',
      summary: 'List files.',
      query: fileListQuery,
      response: listOf(file).openapi('ListFilesResponse'),
      handle: ({ project, query }) => files.list(project, query),
    }),
    endpoint({
      operationId: 'retrieveFile',
      method: 'get',
      path: '/files/{file_id}',
      tag: 'Files',
      summary: 'Get what is known about a file.',
      response: file,
      handle: ({ project, params }) => files.get(project, params.file_id),
    }),
    endpoint({
      operationId: 'deleteFile',
      method: 'delete',
      path: '/files/{file_id}',
      tag: 'Files',
      summary: 'Delete a file.',
      response: deletedObject('file').openapi('DeleteFileResponse'),
      handle: ({ project, params }) => files.remove(project, params.file_id),
    }),
    endpoint({
      operationId: 'downloadFile',
      method: 'get',
      path: '/files/{file_id}/content',
      tag: 'Files',
      summary: "Get a file's content.",
      response: { contentType: 'application/octet-stream', schema: binary },
      handle: async ({ project, params }) => download(await files.content(project, params.file_id)),
    }),
  ]
}

function download({ filename, bytes, data }: FileContent): Response {
  return new LightResponse(data, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(bytes),
      'content-disposition': attachmentNamed(filename),
    },
  })
}
