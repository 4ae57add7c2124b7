import { badRequest } from '../api/error.ts'

/** Throws the 400 of a model name that the provider does not know what to do with. */
export function requireModel(model: string, acceptsModel: (model: string) => boolean): void {
  if (acceptsModel(model)) return
  throw badRequest(`The requested model '${model}' cannot be used with the Assistants API.`, {
    param: 'model',
    code: 'unsupported_model',
  })
}
