import { allOptions, flagOf, type Option } from '../options.ts'

/** What `reprise --help` prints. */
export function helpText(version: string): string {
  return `${introduction(version)}\n${allOptions.map(explain).join('\n')}\n${ending}`
}

function introduction(version: string): string {
  return `Reprise ${version}, a self-hosted, drop-in server for the OpenAI Assistants API v2.

  reprise serve                   start the server
  reprise migrate                 bring the database to the newest schema, which the start of a server does as well
  reprise doctor [--json]         check this machine and the configuration, and say what to do
  reprise setup sandbox [--yes]   say what the code interpreter needs on this machine; as root, install it
  reprise --help                  print this
  reprise --version               print the version

Options. Each is an environment variable too, and a flag overrules its variable:
`
}

const ending = `
Without --upstream-url, --models and --script, Reprise uses OpenAI if OPENAI_API_KEY is set, else a model server that it
finds on its usual port on this machine (Ollama, LM Studio, llama.cpp, vLLM), else the built-in scripted model.
`

function explain(option: Option): string {
  const flag = `--${flagOf(option)}${option.operand === undefined ? '' : ` ${option.operand}`}`
  const fallback = option.default === undefined ? '' : `, default ${option.default}`
  return [`  ${flag.padEnd(32)}${option.env}${fallback}`, ...wrap(plain(option.meaning), 82)].join('\n      ')
}

/** `[models](models.md)` reads "models (docs/models.md)" in a terminal. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\(([^)]+)\)/g, '$1 (docs/$2)').replaceAll('`', '')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
