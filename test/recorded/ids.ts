const base62 = (prefix: string) => new RegExp(`^${prefix}_[A-Za-z0-9]{24}$`)

const shapes: Record<string, RegExp> = {
  assistant: base62('asst'),
  thread: base62('thread'),
  message: base62('msg'),
  run: base62('run'),
  'run step': base62('step'),
  'tool call': base62('call'),
  file: /^file-[A-Za-z0-9]{22,24}$/,
  'vector store': /^vs_[a-f0-9]{32}$/,
  'file batch': /^vsfb_(ibj_)?[a-f0-9]{32}$/,
  upload: /^upload_[a-f0-9]{32}$/,
  'upload part': /^part_[a-f0-9]{32}$/,
}

/** What kind of object has an id like this; undefined when the text is no id. */
export function kindOfId(text: string): string | undefined {
  return Object.keys(shapes).find((kind) => shapes[kind]?.test(text))
}

/** Which of our ids stands for which recorded one, learned from the replies. */
export class Ids {
  readonly #ours = new Map<string, string>()
  readonly #recorded = new Map<string, string>()

  /** Whether our id can stand where the recorded one stood: one of the same kind, and always the same for the same. */
  pair(recorded: string, ours: string): boolean {
    if (kindOfId(recorded) !== kindOfId(ours)) return false
    const [knownOurs, knownRecorded] = [this.#ours.get(recorded), this.#recorded.get(ours)]
    if (knownOurs === undefined && knownRecorded === undefined) {
      this.#ours.set(recorded, ours)
      this.#recorded.set(ours, recorded)
      return true
    }
    return knownOurs === ours && knownRecorded === recorded
  }

  /** The text of a request with our ids in place of the recorded ones. */
  translate(text: string): string {
    return text.replaceAll(/\b[a-z]+[_-](ibj_)?[A-Za-z0-9]{22,32}\b/g, (id) => this.#ours.get(id) ?? id)
  }
}
