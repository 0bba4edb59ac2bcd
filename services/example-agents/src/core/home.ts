/** A home for rent, as the inventory knows it. */
export interface Home {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly area: string
  readonly beds: number
  readonly baths: number
  readonly rentDollars: number
  readonly petsAllowed: boolean
  readonly furnished: boolean
  readonly inUnitLaundry: boolean
  readonly phone: string
}
