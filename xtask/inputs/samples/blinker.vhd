library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity blinker is
  generic (DIVIDER : positive := 25_000_000);
  port (
    clk   : in  std_logic;
    reset : in  std_logic;
    led   : out std_logic
  );
end entity blinker;

architecture rtl of blinker is
  signal count : unsigned(24 downto 0) := (others => '0');
  signal state : std_logic := '0';
begin
  process (clk)
  begin
    if rising_edge(clk) then
      if reset = '1' then
        count <= (others => '0');
      elsif count = DIVIDER - 1 then
        count <= (others => '0');
        state <= not state;
      else
        count <= count + 1;
      end if;
    end if;
  end process;
  led <= state;
end architecture rtl;
