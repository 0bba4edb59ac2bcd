// Whether the images are on this machine or can be brought there.
import { ImageName, getContainerRuntimeClient } from 'testcontainers'
import type { ImageFacts } from '../choice.ts'
import type { Progress } from '../progress.ts'
import { images } from '../versions.ts'

export async function imageFacts (progress: Progress): Promise<ImageFacts> {
  try {
    const client = await getContainerRuntimeClient()
    const { host } = client.info.containerRuntime
    if (host !== 'localhost' && host !== '127.0.0.1') return { images: 'unavailable', detail: `its daemon is on another machine (${host})` }
    for (const image of Object.values(images)) {
      const name = ImageName.fromString(image)
      if (await client.image.exists(name)) continue
      const step = progress.step(`pull ${image}`)
      try {
        await client.image.pull(name)
        step.done()
      } catch (error) {
        step.failed()
        return { images: 'unavailable', detail: `${image} could not be pulled (${(error as Error).message})` }
      }
    }
    return { images: 'present' }
  } catch (error) {
    return { images: 'unavailable', detail: `its API could not be used (${(error as Error).message})` }
  }
}
