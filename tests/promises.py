"""Showing that the database itself refuses something, by the name of the promise."""

from django.db import IntegrityError, connection, transaction


class Refuses:
    """The database refuses what happens inside, naming this promise."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def __exit__(self, kind, problem, trace):
        if kind is None:
            try:
                connection.check_constraints()  # deferred ones speak now
            except IntegrityError as late:
                kind, problem = type(late), late
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)
        assert problem is not None, f"{self.name} was not kept"
        assert kind is IntegrityError, problem
        assert problem.__cause__.diag.constraint_name == self.name
        return True
