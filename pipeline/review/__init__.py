"""The review desk: what editors are asked, what they decided, and what follows from it.

`desk.Desk` is its only face. Rules that are not about storing stand here: which fields an item has (`values`), when a decided item comes
back (`reopen`), what several decisions on one item come to (`settling`), how well editors agree (`agreement`). All SQL is in the store.
"""
