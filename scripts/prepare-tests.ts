import { install as installEngine } from '../test/real-upstream/install.ts'
import { ensureDocker } from './ensure-docker.ts'
import { ensureLandlock } from './ensure-landlock.ts'
import { ensurePostgres } from './ensure-postgres.ts'
import { ensurePython } from './ensure-python.ts'
import { ensureRubyClientTools } from './ensure-ruby-client-tools.ts'
import { ensureS3 } from './ensure-s3.ts'
import { ensureGvisor, ensureSandbox } from './ensure-sandbox.ts'
import { orMissing } from './missing-part.ts'

// What the tests need beyond Node and npm, all of it before they start: their clocks are for tests, not for downloads.
await ensurePython()
await ensureRubyClientTools()
await ensureSandbox()
await ensureGvisor()
await ensureDocker()
await ensureLandlock()
await ensurePostgres()
await ensureS3()
await orMissing('a real inference engine', installEngine())
