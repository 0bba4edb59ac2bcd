/** Asks the registry for something, as an operator would: by its HTTP interface. Rejects with its answer when it refuses. */
export async function askRegistry (url: string, method: 'POST' | 'PUT', body: object, answerMsMax = 30_000): Promise<void> {
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(answerMsMax) })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${(await answer.text()).slice(0, 500)}`)
}
