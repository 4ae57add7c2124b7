import { at, isObject, type Json, type JsonObject, json } from '../support/json.ts'

/** What our document says and the one that the published client was made from does not: such keys are unknown to it. */
export const unpublishedKeys: Readonly<Record<string, readonly string[]>> = {
  AssistantObject: ['reasoning_effort'],
  RunObject: ['tool_resources', 'reasoning_effort'],
  RunStepObject: ['expires_at'],
  RunCompletionUsage: ['prompt_token_details', 'completion_tokens_details'],
}

const publishedPurposes = [
  'assistants',
  'assistants_output',
  'batch',
  'batch_output',
  'fine-tune',
  'fine-tune-results',
  'vision',
]

/**
 * Our OpenAPI document made as strict as the one of OpenAI, of which the Ruby client in `oapicf/openapi-openai` was
 * made. Without discriminators the generated code tries the branches of a `oneOf` in turn and turns away whatever has
 * a key it does not know; ids of a page, limits and purposes are narrower.
 */
export function publishedDocument(text: string): string {
  const document = JSON.parse(text, (_key, value) => {
    if (isObject(value) && 'oneOf' in value) delete value.discriminator
    return value
  })
  const schemas = at(json.parse(document), 'components', 'schemas')
  if (!isObject(schemas)) throw new Error('the document has no schemas')
  for (const [name, schema] of Object.entries(schemas)) if (isObject(schema)) narrow(name, schema)
  return JSON.stringify({ ...document, components: { ...document.components, schemas } })
}

function narrow(name: string, schema: JsonObject): void {
  const { properties } = schema
  if (!isObject(properties)) return
  for (const key of unpublishedKeys[name] ?? []) remove(schema, properties, key)
  if (/^List\w+Response$/.test(name))
    for (const key of ['first_id', 'last_id']) change(properties, key, { nullable: false })
  if (name === 'RunObject') {
    change(properties, 'tools', { maxItems: 20 })
    for (const key of ['max_prompt_tokens', 'max_completion_tokens']) change(properties, key, { minimum: 256 })
  }
  if (name === 'OpenAIFile' || name === 'Upload') change(properties, 'purpose', { enum: publishedPurposes })
}

function remove(schema: JsonObject, properties: JsonObject, key: string): void {
  if (!(key in properties)) throw new Error(`the document knows no ${key}`)
  delete properties[key]
  if (Array.isArray(schema.required)) schema.required = schema.required.filter((name: Json) => name !== key)
}

function change(properties: JsonObject, key: string, with_: JsonObject): void {
  const property = properties[key]
  if (isObject(property)) properties[key] = { ...property, ...with_ }
}
