import { join } from 'node:path'
import { cacheFolder } from './cache-folder.ts'
import { installDebianPackages } from './debian-packages.ts'
import { type Missing, orMissing } from './missing-part.ts'
import { runCommand, succeeds } from './run-command.ts'

/** Programs by name or path, for making a Ruby client with OpenAPI Generator and running it. */
export interface RubyClientTools {
  ruby: string
  java: string
  /** Run it with `java -jar`. */
  generatorJar: string
}

const generator = { artifact: 'openapi-generator-cli', version: '7.18.0' }

/** Ruby with Typhoeus, Java, and OpenAPI Generator's jar from Maven Central. */
export function ensureRubyClientTools(): Promise<RubyClientTools | Missing> {
  return orMissing('the tools for a generated Ruby client', findTools())
}

async function findTools(): Promise<RubyClientTools> {
  const ruby = await findRuby()
  if (!(await succeeds('java', ['-version']))) await installDebianPackages('default-jre-headless')
  return { ruby, java: 'java', generatorJar: await findGenerator() }
}

async function findRuby() {
  const candidates = ['ruby', '/usr/bin/ruby'] // the first may be one that knows nothing of Debian's gems
  const hasTyphoeus = (ruby: string) => succeeds(ruby, ['-e', 'require "typhoeus"'])
  for (const ruby of candidates) if (await hasTyphoeus(ruby)) return ruby
  await installDebianPackages('ruby', 'ruby-typhoeus')
  return '/usr/bin/ruby'
}

async function findGenerator() {
  const { artifact, version } = generator
  const folder = await cacheFolder(`${artifact}-${version}`, async (folder) => {
    if (!(await succeeds('mvn', ['--version']))) await installDebianPackages('maven')
    process.stderr.write(`Fetching ${artifact} ${version} from Maven Central\n`)
    const coordinates = `org.openapitools:${artifact}:${version}`
    await runCommand('mvn', [
      '--batch-mode',
      '--quiet',
      'dependency:get',
      `-Dartifact=${coordinates}`,
      '-Dtransitive=false',
    ])
    await runCommand('mvn', [
      '--batch-mode',
      '--quiet',
      'dependency:copy',
      `-Dartifact=${coordinates}`,
      `-DoutputDirectory=${folder}`,
    ])
  })
  return join(folder, `${artifact}-${version}.jar`)
}
