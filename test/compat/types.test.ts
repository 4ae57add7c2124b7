import type OpenAI from 'openai'
import { expectTypeOf, test } from 'vitest'
import type { Assistant } from '../../src/api/assistant.ts'
import type { File, Upload, UploadPart } from '../../src/api/file.ts'
import type { Annotation, ContentPart, Message } from '../../src/api/message.ts'
import type { Run } from '../../src/api/run.ts'
import type { RunStep, ToolCall } from '../../src/api/run-step.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import type { Thread } from '../../src/api/thread.ts'
import type {
  CreateFileBatchRequest,
  CreateVectorStoreRequest,
  FileBatch,
  SearchPage,
  SearchStoreRequest,
  VectorStore,
  VectorStoreFile,
} from '../../src/api/vector-store.ts'

/** A value as JSON carries it: a field is there or it is not, but never undefined. */
type Sent<Value> = Value extends readonly (infer Item)[]
  ? Sent<Item>[]
  : Value extends object
    ? { [Key in keyof Value]: Sent<Exclude<Value[Key], undefined>> }
    : Value

// The compiler is the judge here: what the server sends is what the official client's types promise to its users.
test("our objects extend the official client's", () => {
  expectTypeOf<Sent<Assistant>>().toExtend<OpenAI.Beta.Assistant>()
  expectTypeOf<Sent<Thread>>().toExtend<OpenAI.Beta.Thread>()
  expectTypeOf<Sent<Message>>().toExtend<OpenAI.Beta.Threads.Message>()
  expectTypeOf<Sent<ContentPart>>().toExtend<OpenAI.Beta.Threads.MessageContent>()
  expectTypeOf<Sent<Annotation>>().toExtend<OpenAI.Beta.Threads.Annotation>()
  expectTypeOf<Sent<Run>>().toExtend<OpenAI.Beta.Threads.Run>()
  expectTypeOf<Sent<RunStep>>().toExtend<OpenAI.Beta.Threads.Runs.RunStep>()
  expectTypeOf<Sent<ToolCall>>().toExtend<OpenAI.Beta.Threads.Runs.ToolCall>()
  expectTypeOf<Sent<UploadPart>>().toExtend<OpenAI.Uploads.UploadPart>()
})

// Null is how the original says "no policy", where the client's types leave the field out.
test("our vector stores extend the official client's", () => {
  expectTypeOf<Sent<Omit<VectorStore, 'expires_after'>>>().toExtend<Omit<OpenAI.VectorStore, 'expires_after'>>()
  expectTypeOf<Sent<VectorStoreFile>>().toExtend<OpenAI.VectorStores.VectorStoreFile>()
  expectTypeOf<Sent<FileBatch>>().toExtend<OpenAI.VectorStores.VectorStoreFileBatch>()
  expectTypeOf<Sent<SearchPage['data'][number]>>().toExtend<OpenAI.VectorStoreSearchResponse>()
})

// A joined filter holds anything at all in the client's types.
test("we take what the official client's users may ask for", () => {
  expectTypeOf<OpenAI.VectorStoreCreateParams>().toExtend<CreateVectorStoreRequest>()
  expectTypeOf<Omit<OpenAI.VectorStoreSearchParams, 'filters'>>().toExtend<Omit<SearchStoreRequest, 'filters'>>()
  expectTypeOf<OpenAI.ComparisonFilter>().toExtend<NonNullable<SearchStoreRequest['filters']>>()
  expectTypeOf<OpenAI.VectorStores.FileBatchCreateParams>().toExtend<CreateFileBatchRequest>()
})

type EventOf<Events> = Events extends { event: infer Name extends string; data: infer Data }
  ? OneByOne<Name, Data>
  : never
type OneByOne<Name, Data> = Name extends string ? { event: Name; data: Data } : never

// The client keeps `done` to itself.
test("our stream events extend the official client's", () => {
  type Told = Sent<EventOf<Exclude<StreamEvent, { event: 'done' }>>>
  expectTypeOf<Exclude<Told, OpenAI.Beta.AssistantStreamEvent>>().toBeNever()
})

// Files have nulls on the wire, and a purpose, where the client's types have none.
test("files extend the official client's but for what the wire is known to have", () => {
  type Differs = 'expires_at' | 'status_details' | 'purpose'
  expectTypeOf<Sent<Omit<File, Differs>>>().toExtend<Omit<OpenAI.FileObject, Differs>>()
  expectTypeOf<Sent<Omit<Upload, 'file'>>>().toExtend<Omit<OpenAI.Upload, 'file'>>()
})
