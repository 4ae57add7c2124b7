import { styleText } from 'node:util'
import { type Config, ConfigError, type Environment, isPostgres, readConfig } from '../config.ts'
import { checkDataFolder } from './checks/check-data-folder.ts'
import { checkDatabase, checkPostgresDatabase } from './checks/check-database.ts'
import { checkEmbeddings } from './checks/check-embeddings.ts'
import { checkModels } from './checks/check-models.ts'
import { checkNode } from './checks/check-node.ts'
import { checkParsers } from './checks/check-parsers.ts'
import { checkPort } from './checks/check-port.ts'
import { checkSandbox } from './checks/check-sandbox.ts'
import { type Finding, well, wrong } from './checks/finding.ts'

/** Prints what is well and what is not, with what to do; answers the exit code, 1 when something is wrong. */
export async function doctor({
  env,
  flags,
  json,
}: {
  env: Environment
  flags: Environment
  json: boolean
}): Promise<number> {
  const findings = await examine(env, flags)
  const ok = findings.every((finding) => finding.ok)
  process.stdout.write(json ? `${JSON.stringify({ ok, checks: findings }, null, 2)}\n` : report(findings))
  return ok ? 0 : 1
}

async function examine(env: Environment, flags: Environment): Promise<Finding[]> {
  const node = checkNode()
  let config: Config
  try {
    config = readConfig(env, flags)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [node, wrong('Configuration', error.message, '`reprise --help` lists the options.')]
  }
  const dataFolder = checkDataFolder(config.dataDir)
  const shared = isPostgres(config.databaseUrl)
  const { inUse, ...database } = shared
    ? await checkPostgresDatabase(config.databaseUrl)
    : checkDatabase(config.databaseUrl)
  return [
    node,
    well('Configuration', describe(env, flags)),
    dataFolder,
    ...(dataFolder.ok || shared ? [database] : []), // usually it lies there, and has the same trouble
    await checkPort(config, { inUse }),
    ...(await checkModels(config, env)),
    await checkEmbeddings(config, env),
    await checkSandbox(config.sandbox),
    await checkParsers(),
  ]
}

function describe(env: Environment, flags: Environment): string {
  const names = Object.keys({ ...env, ...flags }).filter((name) => name.startsWith('REPRISE_'))
  return names.length === 0 ? 'all defaults' : `sets ${names.join(', ')}`
}

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(({ check, ok, message, advice }) => {
    const mark = ok ? styleText('green', '✓') : styleText('red', '✗')
    return `${mark} ${check.padEnd(width)}  ${message}${advice === null ? '' : `\n  ${' '.repeat(width)}  ${advice}`}`
  })
  const bad = findings.filter(({ ok }) => !ok).length
  const verdict = bad === 0 ? 'All is well.' : bad === 1 ? 'One thing is wrong.' : `${bad} things are wrong.`
  return `${lines.join('\n')}\n\n${verdict}\n`
}
