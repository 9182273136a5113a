from services.chassis.health import Health


class Fine:
    name = "relay"

    def __init__(self, problem: str | None = None) -> None:
        self.trouble = problem

    async def start(self) -> None: ...

    async def stop(self, grace: float) -> None: ...

    def problem(self) -> str | None:
        return self.trouble


class Dead(Fine):
    name = "consumer"

    def died(self) -> BaseException | None:
        return KeyError("secret")


def test_a_service_is_ready_once_every_part_is() -> None:
    part = Fine("no producer")
    health = Health(lambda: [part])
    assert health.ready().reasons == {"app": "starting", "relay": "no producer"}
    health.stage = part.trouble = None
    assert (health.ready().status, health.ready().reasons) == ("ok", {})


def test_trouble_with_a_dependency_makes_a_service_unready_but_not_dead() -> None:
    health = Health(lambda: [Fine("Kafka does not answer")])
    assert health.live().reasons == {}


def test_a_part_that_died_is_named_without_what_its_error_says() -> None:
    health = Health(lambda: [Dead()])
    assert health.live().reasons == {"consumer": "died (KeyError)"}
    assert health.ready().reasons["consumer"] == "died (KeyError)"
