"""What `vitcourse.exercises.check` calls: one module a lesson, one function an exercise."""
