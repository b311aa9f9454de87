"""dynamodb-admin at work, looked at by a headless Chromium.

1. Both run with a home of their own below a directory of the test, and end
   when the test does; nothing is fetched while they run.
2. Nothing sleeps: whatever is to be seen is waited for.
3. What is done is what a person can do: clicks, keys, choices.
"""

import contextlib
import json
import subprocess

from selenium import webdriver
from selenium.common.exceptions import (
    NoAlertPresentException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import Select, WebDriverWait

from mounting import environment
from node_packages import install

SECONDS = 30
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-extensions", "--window-size=1300,1000",
)


def fetch_console():
    """Its program; the test is skipped when it can't be had."""
    directory = install("console-5.3.3", "dynamodb-admin@5.3.3")
    return directory / "node_modules" / "dynamodb-admin" / "dist" / "dynamodb-admin.js"


@contextlib.contextmanager
def console(program, directory, endpoint):
    """The URL at which the console of that endpoint listens."""
    command = [
        "node", f"--diagnostic-dir={directory}", program,
        "-H", "127.0.0.1", "-p", "0", "--dynamo-endpoint", endpoint,
    ]
    with open(directory / "console.log", "wb") as log, subprocess.Popen(
        command, cwd=directory, env=environment(directory),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
    ) as process:
        try:
            yield wait_until_listening(process)
        finally:
            process.kill()


def wait_until_listening(process):
    for line in process.stdout:
        if "listening on" in line:
            return line.split()[-1]
    raise AssertionError(f"dynamodb-admin ended with {process.wait()}")


@contextlib.contextmanager
def chromium(directory):
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for switch in (*SWITCHES, f"--user-data-dir={directory}/chromium"):
        options.add_argument(switch)
    service = Service(
        "/usr/bin/chromedriver", log_path=f"{directory}/chromedriver.log",
        env=environment(directory),
    )
    driver = webdriver.Chrome(service=service, options=options)
    try:
        driver.set_page_load_timeout(SECONDS)
        driver.set_script_timeout(SECONDS)
        yield driver
    finally:
        driver.quit()


class Pages:
    """The pages of the console, by what one does there."""

    def __init__(self, driver, url):
        self.driver = driver
        self.url = url

    def wait(self, condition, what):
        """Until the condition holds; its value. What goes meanwhile is looked for again."""
        ignored = (NoSuchElementException, StaleElementReferenceException)
        waiting = WebDriverWait(self.driver, SECONDS, 0.05, ignored)
        return waiting.until(lambda _: condition(), what)

    def find(self, css):
        return self.wait(lambda: self.driver.find_element(By.CSS_SELECTOR, css), css)

    def find_all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def click(self, css):
        self.find(css).click()

    def link(self, text, within=""):
        path = f"{within}//a[normalize-space()='{text}']"
        self.wait(lambda: self.driver.find_element(By.XPATH, path), text).click()

    def type_into(self, css, text):
        field = self.find(css)
        field.clear()
        field.send_keys(text)

    def choose(self, css, value):
        Select(self.find(css)).select_by_value(value)

    def answer(self, accept=True):
        """The dialogue that asks or tells something; its text."""
        dialogue = WebDriverWait(self.driver, SECONDS, 0.05).until(expected.alert_is_present())
        text = dialogue.text
        if accept:
            dialogue.accept()
        else:
            dialogue.dismiss()
        return text

    def is_asking(self):
        try:
            return bool(self.driver.switch_to.alert.text)
        except NoAlertPresentException:
            return False

    def complaint(self):
        """What the console says went wrong."""
        return self.find("#error-wrapper .alert").text

    def keep(self, directory):
        """What is on the screen, for whoever reads of the failure."""
        with contextlib.suppress(Exception):
            while self.is_asking():
                self.answer(accept=False)
        self.driver.save_screenshot(str(directory / "screen.png"))
        (directory / "page.html").write_text(self.driver.page_source)

    # Tables

    def open(self, path=""):
        self.driver.get(f"{self.url}/{path}")

    def tables(self):
        """Those that the list shows, and the counts beside them."""
        rows = [row for row in self.find_all("#table-list li") if row.is_displayed()]
        return {
            row.get_attribute("data-table-name"):
                int(row.find_element(By.CSS_SELECTOR, ".badge-secondary").text)
            for row in rows
        }

    def wait_for_tables(self, condition, what):
        return self.wait(lambda: condition(self.tables()), what)

    def table_button(self, table, text):
        self.link(text, f"//li[@data-table-name='{table}']")

    # Items

    def rows(self):
        """The items of the page that is shown, by the names of their columns."""
        self.wait(self.has_rows, "rows or a complaint")
        return self.driver.execute_script(
            """
            const text = (cell) => cell.innerText.trim()
            const names = [...document.querySelectorAll('#actions-row th')].map(text)
            const rows = [...document.querySelectorAll('#items-container tr')]
            return rows.map((row) => Object.fromEntries(
                [...row.cells].slice(1).map((cell, at) => [names[at + 1], text(cell)])))
            """
        )

    def has_rows(self):
        hidden = self.find_all("#table-placeholder.d-none")
        return hidden or self.find_all("#error-wrapper .alert")

    def column(self, name):
        return [row[name] for row in self.rows()]

    def add_filter(self, key, operator, value, kind="S"):
        """One more; the first row of the form is there to begin with, and left empty."""
        before = len(self.find_all("#filters-table tr"))
        self.click("#add-filter")
        row = f"#filters-table tr:nth-child({before + 1})"
        self.type_into(f"{row} .filter-row-key", key)
        self.choose(f"{row} .filter-row-type", kind)
        self.choose(f"{row} .filter-row-operator", operator)
        self.type_into(f"{row} .filter-row-value", value)

    def fill_filter(self, key, value, operator=None, kind="S"):
        """The filter that a query asks for by itself."""
        row = f"#filters-table tr:nth-child({self.filters().index(key) + 1})"
        self.choose(f"{row} .filter-row-type", kind)
        if operator:
            self.choose(f"{row} .filter-row-operator", operator)
        self.type_into(f"{row} .filter-row-value", value)

    def filters(self):
        return [field.get_attribute("value") for field in self.find_all(".filter-row-key")]

    def search(self):
        with self.leaving():
            self.click("#form button[type=submit]")

    def next_page(self):
        with self.leaving():
            self.click(".page-item-next:not(.disabled) a")

    def previous_page(self):
        with self.leaving():
            self.click(".page-item-previous:not(.disabled) a")

    @contextlib.contextmanager
    def leaving(self):
        """The block does what brings another page; waits until this one is gone."""
        page = self.find("html")
        yield
        WebDriverWait(self.driver, SECONDS, 0.05).until(expected.staleness_of(page))

    # The editor

    def text(self):
        return self.driver.execute_script("return editor.getValue()")

    def write(self, document):
        """Typed over what is there, without the editor's own quotes and brackets."""
        self.driver.execute_script("editor.setBehavioursEnabled(false)")
        document = json.dumps(document, ensure_ascii=False)
        area = self.find("textarea.ace_text-input")
        area.send_keys(Keys.CONTROL, "a")
        area.send_keys(Keys.DELETE)
        area.send_keys(document)
        self.wait(lambda: self.text() == document, f"{document} in the editor")

    def save(self):
        self.click("#saveButton")
