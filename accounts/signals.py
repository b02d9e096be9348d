from django.dispatch import Signal

#: Sent with `request`, `user` and `response` after each sign-in, once the session is the user's. A receiver may return
#: an address that the person should see first; the first one that is returned wins, before the page that they were
#: going to, which is what `response` leads to.
signed_in = Signal()

#: Sent with `request` and `response` when a person has erased their account and is signed out: what this browser alone
#: leads to is to go as well.
left = Signal()
