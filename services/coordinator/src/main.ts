// A coordinator: may this dispatch go, where, and when? `pipeline.ts` shows the record's path.
import { runCoordinator } from './process.ts'

await runCoordinator()
