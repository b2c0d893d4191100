"""The addresses of the directory: offices, posts, people, groups. Called by routes.py."""

from __future__ import annotations

from aiohttp.web import Application

from web.house import House
from web.views.directory import DirectoryPages
from web.views.groups import GroupPages
from web.views.importing import ImportPages
from web.views.offices import OfficeTree
from web.views.officials import OfficialPages
from web.views.posts import PostPages

UNIT = "/admin/offices/units/{unit_id:[0-9a-f]{32}}"
POST = "/admin/offices/posts/{post_id:[0-9a-f]{32}}"
TERM = f"{POST}/terms/{{term_id:[0-9a-f]{{32}}}}"
OFFICIAL = "{official_id:[0-9a-f]{32}}"


def add_directory(app: Application, house: House) -> None:
    """Kept by administrators, looked up by everybody with an account."""
    offices, posts, officials, directory = (
        OfficeTree(house),
        PostPages(house),
        OfficialPages(house),
        DirectoryPages(house),
    )
    add = app.router
    add.add_get("/admin/offices", offices.show)
    add.add_get("/admin/offices/units/new", offices.new_unit)
    add.add_post("/admin/offices/units/new", offices.create_unit)
    add.add_get(UNIT, offices.unit)
    add.add_post(UNIT, offices.save_unit)
    add.add_post(f"{UNIT}/remove", offices.remove_unit)
    add.add_get(f"{UNIT}/posts/new", offices.new_post)
    add.add_post(f"{UNIT}/posts/new", offices.create_post)
    add.add_get(POST, posts.show)
    add.add_get(f"{POST}/edit", offices.edit_post)
    add.add_post(f"{POST}/edit", offices.save_post)
    add.add_post(f"{POST}/remove", offices.remove_post)
    add.add_post(f"{POST}/succeed", posts.succeed)
    add.add_post(TERM, posts.correct)
    add.add_post(f"{TERM}/end", posts.end)
    add.add_post(f"{TERM}/remove", posts.remove)
    add.add_get("/admin/officials", officials.list)
    add.add_get("/admin/officials/new", officials.new)
    add.add_post("/admin/officials/new", officials.create)
    add.add_get(f"/admin/officials/{OFFICIAL}", officials.show)
    add.add_post(f"/admin/officials/{OFFICIAL}", officials.save)
    groups, group = GroupPages(house), "/admin/groups/{group_id:[0-9a-f]{32}}"
    add.add_get("/admin/groups", groups.list)
    add.add_get("/admin/groups/new", groups.new)
    add.add_post("/admin/groups/new", groups.create)
    add.add_get(group, groups.show)
    add.add_post(group, groups.save)
    add.add_post(f"{group}/remove", groups.remove)
    sheets = ImportPages(house)
    add.add_get("/admin/offices/import", sheets.show)
    add.add_post("/admin/offices/import", sheets.look)
    add.add_post("/admin/offices/import/apply", sheets.apply)
    add.add_get("/admin/offices/export.{form:csv|xlsx}", sheets.export)
    add.add_get("/admin/offices/template.{form:csv|xlsx}", sheets.template)
    add.add_get("/directory", directory.show)
    add.add_get("/directory/find", directory.find)
    add.add_get("/directory/tell", directory.tell)
    add.add_get("/directory/units/{unit_id:[0-9a-f]{32}}", directory.unit)
    add.add_get(f"/directory/people/{OFFICIAL}", directory.official)
    add.add_get("/directory/photos/{digest:[0-9a-f]{64}}", directory.photo)
