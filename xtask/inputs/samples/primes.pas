program Primes;

{$mode objfpc}

uses
  SysUtils;

const
  Limit = 1000;

var
  Composite: array[2..Limit] of Boolean;
  I, J, Count: Integer;

begin
  FillChar(Composite, SizeOf(Composite), 0);
  Count := 0;
  for I := 2 to Limit do
  begin
    if not Composite[I] then
    begin
      Inc(Count);
      J := I * I;
      while J <= Limit do
      begin
        Composite[J] := True;
        J := J + I;
      end;
    end;
  end;
  WriteLn(Format('%d primes below %d', [Count, Limit]));
end.
