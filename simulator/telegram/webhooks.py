"""Posts updates to the bots that set a webhook, in order, again until they are taken."""

import asyncio
import json

import httpx

from simulator.telegram import updates
from simulator.telegram.state import Bot, Webhook
from simulator.telegram.world import World

# Telegram's own pace is not published; this one suits tests.
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_ANSWER_SECONDS = 10.0


class Webhooks:
    """One task per bot with a webhook; it ends when the queue is empty or the webhook gone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._client = httpx.AsyncClient(timeout=_ANSWER_SECONDS)

    def wake(self, bot: Bot) -> None:
        """Starts posting if there is something to post."""
        task = self._tasks.get(bot.id)
        if bot.webhook is not None and (task is None or task.done()):
            self._tasks[bot.id] = asyncio.get_running_loop().create_task(self._run(bot))

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._client.aclose()

    async def _run(self, bot: Bot) -> None:
        wait = _FIRST_WAIT
        while bot.webhook is not None and bot.queue and not bot.held:
            update = bot.queue[0]
            hook = bot.webhook
            if await self._taken(hook, json.dumps(updates.shape(update))):
                wait = _FIRST_WAIT
                if update in bot.queue:
                    bot.queue.remove(update)
                bot.delivered.append(update)
            else:
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    async def _taken(self, hook: Webhook, body: str) -> bool:
        headers = {"Content-Type": "application/json"}
        if hook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret_token
        try:
            answer = await self._client.post(hook.url, content=body, headers=headers)
        except httpx.HTTPError:
            trouble = "Connection failed"
        else:
            if answer.is_success:
                return True
            trouble = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        hook.last_error_date = int(self.world.clock.now())
        hook.last_error_message = trouble
        return False
