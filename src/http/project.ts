/** The project that everything belongs to until keys name one. */
export const defaultProject = 'default'

/**
 * Whose objects a request is about. The one place that decides it: any `Authorization` (or Azure's `api-key`) is
 * accepted, and all callers share the default project.
 */
export function projectOf(_request: Request): string {
  return defaultProject
}
