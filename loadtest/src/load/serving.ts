// How the processes that make load and those that take it answer what they are asked: the same for the mesh and for the floors.
import { Driver, type Sources } from './driver.ts'
import { noCounts, type RunOrder, serveOrders } from './orders.ts'
import type { Taken } from './taken.ts'
import { timetableOf } from './timetable.ts'

/** `onBegin`: the driver of each run, for those who hear of its refusals. */
export function serveDriver (sources: Sources, stop: () => Promise<unknown>, onBegin: (driver: Driver) => void = () => undefined): void {
  let driver: Driver | undefined
  serveOrders({
    begin (order: RunOrder) {
      driver = new Driver(sources, order, timetableOf(order))
      onBegin(driver)
      void driver.send()
    },
    count: () => driver?.counts ?? noCounts,
    report: () => driver!.report(),
    stop
  })
}

export function serveTaker (taken: Taken, stop: () => Promise<unknown>): void {
  serveOrders({
    begin: order => taken.begin(order),
    count: () => ({ ...noCounts, handled: taken.count }),
    report: () => taken.report(),
    stop
  })
}
