import { afterAll, beforeAll, describe } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import { testInterpreters } from './store/interpreters.ts'
import { testLists } from './store/lists.ts'
import { testOverdue } from './store/overdue.ts'
import { testProjects } from './store/projects.ts'
import { testRecords } from './store/records.ts'
import { testRuns } from './store/runs.ts'
import { testSegments } from './store/segments.ts'
import { testThreads } from './store/threads.ts'
import { testTransactions } from './store/transactions.ts'
import { testVectorStoreFiles } from './store/vector-store-files.ts'
import { testVectorStores } from './store/vector-stores.ts'
import type { CreateDatabase, TestDatabase } from './test-database.ts'

/**
 * What every adapter of the `Store` port must do. The tests share a store, in which each has projects of its own; those
 * about every project make a database for themselves.
 */
export function describeStore(name: string, create: CreateDatabase): void {
  describe(`store on ${name}`, () => {
    let database: TestDatabase
    let opened: Store
    beforeAll(async () => {
      database = await create()
      opened = await database.open()
    })
    afterAll(() => database[Symbol.asyncDispose]())

    const store = () => opened
    describe('records', () => testRecords(store))
    describe('projects', () => testProjects(store))
    describe('lists', () => testLists(store))
    describe('threads', () => testThreads(store))
    describe('runs', () => testRuns(store))
    describe('interpreters', () => testInterpreters(store))
    describe('vector stores', () => testVectorStores(store))
    describe('files of vector stores', () => testVectorStoreFiles(store))
    describe('segments', () => testSegments(store))
    describe('transactions', () => testTransactions(store, create))
    describe('overdue rows', () => testOverdue(create))
  })
}
