import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheFolder } from '../../scripts/cache-folder.ts'
import type { RubyClientTools } from '../../scripts/ensure-ruby-client-tools.ts'
import { runCommand } from '../../scripts/run-command.ts'

/** Names as in the published client, so that code written for that one reads the same here. */
const names = { gemName: 'openapi_openai', moduleName: 'OpenApiOpenAIClient', library: 'typhoeus' }

/**
 * Makes a Ruby client of an OpenAPI document, unless this generator has made one of the same document before. Answers
 * the folder to load it from.
 */
export async function makeRubyClient(document: string, { java, generatorJar }: RubyClientTools): Promise<string> {
  const hash = createHash('sha256').update(document).update(basename(generatorJar)).digest('hex').slice(0, 16)
  const folder = await cacheFolder(`ruby-client-${hash}`, async (folder) => {
    const input = join(folder, 'openapi.json')
    await writeFile(input, document)
    const properties = Object.entries(names).map(([name, value]) => `${name}=${value}`)
    const parts = 'apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false'
    await runCommand(java, [
      ...['-jar', generatorJar, 'generate', '-g', 'ruby', '-i', input, '-o', folder],
      `--global-property=${parts}`,
      `--additional-properties=${properties.join(',')}`,
    ])
  })
  return join(folder, 'lib')
}
