import { z } from '@hono/zod-openapi'
import { completeUploadRequest, createUploadRequest, upload, uploadPart } from '../../api/file.ts'
import { type Endpoint, endpoint } from '../endpoint.ts'
import { maxPartBytes, partData } from '../file-form.ts'
import { readForm } from '../multipart.ts'
import type { Services } from '../services.ts'

const addPartForm = z.object({ data: z.string().openapi({ format: 'binary' }) }).openapi('AddUploadPartRequest')

export function uploadRoutes({ uploads }: Services): Endpoint[] {
  return [
    endpoint({
      operationId: 'createUpload',
      method: 'post',
      path: '/uploads',
      tag: 'Uploads',
      summary: 'Begin an upload of a large file in parts.',
      body: createUploadRequest,
      response: upload,
      handle: ({ project, body }) => uploads.create(project, body),
    }),
    endpoint({
      operationId: 'addUploadPart',
      method: 'post',
      path: '/uploads/{upload_id}/parts',
      tag: 'Uploads',
      summary: 'Add a part to an upload; parts may come at the same time.',
      rawBody: { contentType: 'multipart/form-data', schema: addPartForm },
      response: uploadPart,
      handle: ({ project, params, request }) =>
        readForm(request, maxPartBytes, async (parts) =>
          uploads.addPart(project, params.upload_id, await partData(parts)),
        ),
    }),
    endpoint({
      operationId: 'completeUpload',
      method: 'post',
      path: '/uploads/{upload_id}/complete',
      tag: 'Uploads',
      summary: 'Make a file of the parts, in the order given.',
      body: completeUploadRequest,
      response: upload,
      handle: ({ project, params, body }) => uploads.complete(project, params.upload_id, body),
    }),
    endpoint({
      operationId: 'cancelUpload',
      method: 'post',
      path: '/uploads/{upload_id}/cancel',
      tag: 'Uploads',
      summary: 'Give an upload up.',
      response: upload,
      handle: ({ project, params }) => uploads.cancel(project, params.upload_id),
    }),
  ]
}
