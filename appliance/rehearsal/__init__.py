"""The rehearsal: seats that publish for some minutes as in an exam, and what the box made of it.

Some seats are real: the lab's computers whose page is open send their cameras over the lab's own switch. The others are
simulated on the box. Everything goes the way of an exam: front, receiver, disk, decoder, detection; the exam is one of
the box's own (`exam.own_runs`), which never leaves it and is deleted at once. `phase` is the machine, `verdict` what
follows from what was measured, both pure; `gauge` measures, `runner` does.
"""
