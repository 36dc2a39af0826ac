;;;; A queue as two lists.
(defpackage :queue
  (:use :common-lisp)
  (:export #:make-queue #:enqueue #:dequeue))

(in-package :queue)

(defstruct queue
  (front nil :type list)
  (back nil :type list))

(defun enqueue (item queue)
  "Puts ITEM at the end of QUEUE."
  (push item (queue-back queue))
  queue)

(defun dequeue (queue)
  "Takes the first item of QUEUE, and says whether there was one."
  (when (null (queue-front queue))
    (setf (queue-front queue) (nreverse (queue-back queue))
          (queue-back queue) nil))
  (if (null (queue-front queue))
      (values nil nil)
      (values (pop (queue-front queue)) t)))

(defmacro with-queue ((name &rest items) &body body)
  `(let ((,name (make-queue)))
     (dolist (item (list ,@items)) (enqueue item ,name))
     ,@body))
