from django.dispatch import Signal

#: Sent with two checklists, `old` and `new`, inside the transaction in which the new one goes on where the old one
#: ends: started again in its place, or joined with it. What hangs on the old one can come along, and what hung on
#: the new one may no longer hold.
carried_over = Signal()
