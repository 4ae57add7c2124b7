import type { InterpreterRow } from '../../ports/store.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { Scoped } from './records.ts'

export interface InterpreterQueries {
  readonly get: Query<Scoped<{ thread_id: string }>, InterpreterRow>
  readonly put: Query<Scoped<InterpreterRow>>
}

export function interpreterQueries({ db, query }: QueryCompiler): InterpreterQueries {
  return {
    get: query((param) =>
      db
        .selectFrom('interpreters')
        .select(['thread_id', 'files', 'used_at', 'node'])
        .where('project', '=', param('project'))
        .where('thread_id', '=', param('thread_id')),
    ),
    put: query((param) =>
      db
        .insertInto('interpreters')
        .values({
          project: param('project'),
          thread_id: param('thread_id'),
          files: param('files'),
          used_at: param('used_at'),
          node: param('node'),
        })
        .onConflict((conflict) =>
          conflict
            .columns(['project', 'thread_id'])
            .doUpdateSet({ files: param('files'), used_at: param('used_at'), node: param('node') }),
        ),
    ),
  }
}
