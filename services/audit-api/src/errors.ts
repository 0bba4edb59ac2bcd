// What a request ends with where it is not answered.

import { CodedError } from '@mesh/runtime'
import { apiCodes, type ApiCode, type Problem } from './core/codes.ts'

export interface ApiErrorFacts {
  readonly problems?: readonly Problem[]
  readonly cause?: unknown
}

export class ApiError extends CodedError<ApiCode> {
  readonly problems: readonly Problem[]

  constructor (code: ApiCode, message: string = apiCodes[code].doc, { problems = [], cause }: ApiErrorFacts = {}) {
    super(code, message, { retriable: apiCodes[code].retriable, cause })
    this.problems = problems
  }
}
