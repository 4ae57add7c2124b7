import { sql } from 'kysely'
import type { JsonText } from '../../api/json.ts'
import type { Message } from '../../api/message.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { Scoped } from './records.ts'

type Newest = Scoped<{ thread_id: string; exceptRun: string; limit: number }>

/** The newest messages of a thread but those of one run, newest first. */
export function newestMessages({ db, query }: QueryCompiler): Query<Newest, { body: JsonText<Message> }> {
  return query((param) =>
    db
      .selectFrom('messages')
      .select('body')
      .where('thread_id', '=', param('thread_id'))
      .where('project', '=', param('project'))
      .where(sql<boolean>`run_id is distinct from ${param('exceptRun')}`)
      .orderBy('seq', 'desc')
      .limit(param('limit')),
  )
}
