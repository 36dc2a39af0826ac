program heat
  implicit none
  integer, parameter :: cells = 64, steps = 200
  real(kind=8), parameter :: alpha = 0.1d0
  real(kind=8) :: now(cells), next(cells)
  integer :: i, step

  now = 0.0d0
  now(cells / 2) = 100.0d0
  do step = 1, steps
    next(1) = now(1)
    next(cells) = now(cells)
    do i = 2, cells - 1
      next(i) = now(i) + alpha * (now(i - 1) - 2.0d0 * now(i) + now(i + 1))
    end do
    now = next
  end do
  write (*, '(a, f10.4)') 'warmest: ', maxval(now)
contains
  subroutine clear(values)
    real(kind=8), intent(inout) :: values(:)
    values = 0.0d0
  end subroutine clear
end program heat
